import Document
import Testing

@testable import Agent

@Suite("Defaults that old API servers do not know")
struct KeyDefaultsTests {
  @Test(
    "Only servers before 1.21 need them",
    arguments: [
      ("v1.20.2", true), ("v1.20.15-eks-1", true), ("v1.21.0", false), ("v1.31.2+k3s1", false), ("", false),
      ("nonsense", false),
    ])
  func versions(version: String, isNeeded: Bool) {
    #expect(KeyDefaults.isNeeded(serverVersion: version) == isNeeded)
  }

  @Test("Ports get TCP where they name no protocol, and nothing else changes")
  func ports() throws {
    let text = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        template:
          spec:
            containers:
            - {name: a, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}
            - {name: b}
      """
    let object = try #require(try YAML.parse(text, file: "").first)
    var expected = object
    expected.set(
      [
        [
          "name": "a", "ports": [["containerPort": 80, "protocol": "TCP"], ["containerPort": 53, "protocol": "UDP"]],
        ], ["name": "b"],
      ],
      at: "spec", "template", "spec", "containers")
    #expect(KeyDefaults.fill(object) == expected)
    let other: Value = ["apiVersion": "v1", "kind": "ConfigMap", "ports": [["a": 1]]]
    #expect(KeyDefaults.fill(other) == other)
  }
}
