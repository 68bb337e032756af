import Document
import Fleet
import HelmEngine
import Testing

@testable import Agent

@Suite("Helm's records without Helm")
struct HelmRecordTests {
  private let manifest = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a, namespace: n}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: b, namespace: n}
    """

  private func secret(_ release: String, revision: String = "2", status: String = "superseded") -> Value {
    [
      "metadata": [
        "name": "sh.helm.release.v1.r.v2", "namespace": "n",
        "labels": ["owner": "helm", "name": "r", "version": .string(revision), "status": .string(status)],
      ],
      "data": ["release": .string(release)],
    ]
  }

  private func encoded(isCompressed: Bool = true) throws -> String {
    let content: Value = [
      "name": "r", "manifest": .string(manifest), "info": ["status": "superseded", "notes": "kept"],
      "chart": ["metadata": ["annotations": [ReleaseMarks.deploymentID: "id-1"]]],
    ]
    let bytes = isCompressed ? try Gzip.compress(JSON.encode(content)) : JSON.encode(content)
    return Base64.encode(Array(Base64.encode(bytes).utf8))
  }

  @Test("A record is read with and without compression", arguments: [true, false])
  func read(isCompressed: Bool) throws {
    let record = try #require(try HelmRecord(secret(try encoded(isCompressed: isCompressed))))
    #expect(record.revision == 2 && record.status == "superseded" && !record.isUnfinished)
    #expect(record.deploymentID == "id-1" && record.manifest == manifest)
    #expect(record.identity.text == "Secret n/sh.helm.release.v1.r.v2")
  }

  @Test("What is none is nil, and what cannot be read is refused without repeating it")
  func unreadable() throws {
    #expect(try HelmRecord(["metadata": ["name": "other"], "data": ["release": "x"]]) == nil)
    for text in [
      "%%%", Base64.encode(Array("%%%".utf8)), Base64.encode(Array(Base64.encode(Array("hunter2".utf8)).utf8)),
    ] {
      let error = #expect(throws: AgentError.self) { try HelmRecord(secret(text)) }
      #expect(error?.code == .content && error?.message.contains("hunter2") == false)
    }
  }

  @Test("A revision becomes the deployed one again, and lets go of objects, with all else as it was")
  func changes() throws {
    let original = secret(try encoded())
    let record = try #require(try HelmRecord(original))
    let deployed = try #require(try HelmRecord(original.applyingMergePatch(try record.deployedPatch())))
    #expect(deployed.status == "deployed" && deployed.content.at("info", "status") == "deployed")
    #expect(deployed.content.at("info", "notes") == "kept" && deployed.manifest == manifest)
    #expect(try record.patch { $0.name == "none" } == nil)
    let patch = try #require(try record.patch { $0.name == "a" })
    let smaller = try #require(try HelmRecord(original.applyingMergePatch(patch)))
    #expect(try ManifestObjects.parse(smaller.manifest, file: "m").map { ObjectIdentity(of: $0).name } == ["b"])
    #expect(smaller.deploymentID == "id-1" && smaller.status == "superseded")
  }
}
