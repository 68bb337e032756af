import Document
import Fleet
import HelmEngine
import Testing

@testable import Agent

@Suite("What releases were deployed as")
struct DeployedManifestsTests {
  private let cluster = PretendCluster()
  private let map: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "n"]]

  private func applied(_ name: String, revision: Int = 1) -> AppliedRelease {
    AppliedRelease(deploymentID: "id-\(name)", release: ReleaseIdentity(name: name, namespace: "n"), revision: revision)
  }

  /// Puts Helm's record of a revision on the cluster.
  private func record(_ name: String, revision: Int, id: String) throws {
    let content: Value = [
      "manifest": .string(YAML.emit(map)),
      "chart": ["metadata": ["annotations": [ReleaseMarks.deploymentID: .string(id)]]],
    ]
    let text = Base64.encode(try Gzip.compress(JSON.encode(content)))
    cluster.put([
      "apiVersion": "v1", "kind": "Secret",
      "metadata": [
        "name": "sh.helm.release.v1.\(name).v\(revision)", "namespace": "n",
        "labels": ["owner": "helm", "name": .string(name), "version": .string("\(revision)"), "status": "deployed"],
      ], "data": ["release": .string(Base64.encode(Array(text.utf8)))],
    ])
  }

  @Test("A record is read once; a revision that Helm has forgotten is found under another one of the same version")
  func reads() async throws {
    let manifests = DeployedManifests(cluster: cluster)
    try record("r", revision: 3, id: "id-r")
    let expected = [ObjectIdentity(of: map).unversioned: map]
    for _ in 0..<2 { #expect(try await manifests.objects(of: applied("r", revision: 3)) == expected) }
    #expect(cluster.takeRequests() == ["list Secret"])
    #expect(try await manifests.objects(of: applied("r", revision: 2)) == expected)
    try record("other", revision: 3, id: "somebody's")
    #expect(try await manifests.objects(of: applied("other", revision: 2)) == nil)
    #expect(try await manifests.objects(of: applied("none")) == nil)
  }

  @Test("No more is kept than the capacity; what was used last stays longest")
  func capacity() async throws {
    for name in ["a", "b", "c"] { try record(name, revision: 1, id: "id-\(name)") }
    // One map takes some 400 bytes by the measure used: two fit, three do not.
    let manifests = DeployedManifests(cluster: cluster, capacity: 1000)
    for name in ["a", "b", "a", "c"] { _ = try await manifests.objects(of: applied(name)) }
    #expect(cluster.takeRequests().count == 3)
    _ = try await manifests.objects(of: applied("a"))
    #expect(cluster.takeRequests().isEmpty)
    _ = try await manifests.objects(of: applied("b"))
    #expect(cluster.takeRequests().count == 1)
    let none = DeployedManifests(cluster: cluster, capacity: 0)
    for _ in 0..<2 { #expect(try await none.objects(of: applied("a"))?.count == 1) }
    #expect(cluster.takeRequests().count == 2)
  }
}
