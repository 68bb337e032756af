import Document
import Testing

@testable import Fleet

/// Ids that must never change by accident: a changed id deploys everything again (fleet-behaviour §3.6).
@Suite("Ids")
struct IdentifierTests {
  @Test("a manifest's id is the hash of what Go's encoder writes")
  func manifest() {
    // All derived with Go's encoding/json (1.22 and later, which write \b and \f).
    #expect(Manifest(resources: []).id == "s-ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442")
    #expect(
      Manifest(resources: [
        BundleResource(name: "a.yaml", content: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
      ]).id == "s-931698d83db7bfe6993225823ff6c568f14cf3f0c5a3c807a3fa57c1543f8")
    let text = "\u{2028}\u{2029}\u{0}\u{1}\u{8}\u{C}\t\r\n\u{1F}\u{7F}\"\\/<script>&amp; \u{E9} \u{1F600} \u{85}"
    #expect(
      Manifest(resources: [
        BundleResource(name: "empty", content: ""), BundleResource(name: "b<&>.yaml", content: text),
        BundleResource(name: "c", content: "H4sI", encoding: "base64+gz"),
      ]).id == "s-8e8ad5c1060e1dc3e1c06baa8c4ad34be1b7736d542624544ece74f4109b5")
  }

  @Test("a deployment's id is fixed for fixed options")
  func deployment() throws {
    let options = try BundleDeploymentOptions([
      "defaultNamespace": "web", "serviceAccount": "sa", "forceSyncGeneration": 3, "keepResources": true,
      "kustomize": ["dir": "k"], "yaml": ["overlays": ["a", "b"]], "namespaceLabels": ["x": "y"],
      "ignore": ["conditions": [["type": "A", "status": "False"]]],
      "downstreamResources": [["kind": "Secret", "name": "s"]],
      "helm": [
        "chart": "nginx", "repo": "https://charts.example.com", "version": "1.2.3", "releaseName": "web",
        "timeoutSeconds": 60, "atomic": true, "values": ["z": [1, 2.5, "<é>"], "a": ["b": nil]],
        "valuesFrom": [["secretKeyRef": ["name": "v", "key": "k"]]],
      ],
    ])
    #expect(
      DeploymentID.make(manifestID: "s-1", options: BundleDeploymentOptions())
        == "s-1:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356")
    #expect(
      DeploymentID.make(manifestID: "s-1", options: options)
        == "s-1:3651e649320a00fa18f3f9a65932a6a6396743b74716b45c30ebce71a3248d32")
  }

  @Test("the same repository gives the same names and ids on every machine")
  func bundles() {
    let files = [
      "fleet.yaml": "helm: {values: {a: 1}}\n", "a.yaml": TestTrees.configMap, "apps/Web/fleet.yaml": "name: web\n",
      "apps/Web/b.yaml": TestTrees.configMap,
    ]
    let result = TestTrees.build(files)
    #expect(
      result.bundles.map { "\($0.metadata.name) \($0.manifest.id)" } == [
        "repo s-4eb960ee60ea5a64073f45e5f4e496585a047241f53e0a2b09d5b7ac1ce86",
        "web s-efc618f259825114dd94c7bdbf80bbfad93d1a93691663dc96946c9f17f2c",
      ])
  }
}
