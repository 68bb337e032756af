import Document
import Testing

@testable import Agent

@Suite("A release's namespace")
struct NamespaceMetadataTests {
  let live: Value = [
    "metadata": [
      "labels": [
        "kubernetes.io/metadata.name": "web", "pod-security.kubernetes.io/enforce": "restricted", "old": "1",
        "kept": "1",
      ],
      "annotations": ["a": "b"],
    ]
  ]

  @Test("Labels become exactly what is asked for, but for the name and pod security")
  func labels() {
    let patch = NamespaceMetadata.patch(
      live, labels: ["kept": "1", "new": "2", "pod-security.kubernetes.io/enforce": "privileged"], annotations: nil)
    #expect(patch == ["metadata": ["labels": ["old": .null, "new": "2"]]])
  }

  @Test("What is as it should be is not written")
  func unchanged() {
    #expect(NamespaceMetadata.patch(live, labels: ["old": "1", "kept": "1"], annotations: ["a": "b"]) == nil)
    #expect(NamespaceMetadata.patch(live, labels: nil, annotations: nil) == nil)
  }

  @Test("Annotations are replaced whole")
  func annotations() {
    #expect(
      NamespaceMetadata.patch(live, labels: nil, annotations: ["c": "d"])
        == ["metadata": ["annotations": ["a": .null, "c": "d"]]])
  }
}
