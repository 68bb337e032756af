import Document
import Foundation
import struct TestSupport.ControlPlane
import Testing

extension EndToEnd {
  @Suite("A manager whose data was restored, and a cluster that is away")
  struct RestoredStoreTests {
    private static let directories = ["a", "b", "c", "d"]

    private func cluster(_ manager: ManagerProcess) async throws -> Value {
      let items = try await manager.kubectl.get("clusters", "-n", Lab.workspace)["items"]?.array
      guard let first = items?.first else { throw NotYet(description: "no Cluster") }
      return first
    }

    private func ready(_ object: Value) -> String { Lab.condition("Ready", of: object)?["message"]?.string ?? "" }

    private func waitForMaps(_ plane: ControlPlane, _ count: Int) async throws {
      try await eventually("\(count) objects are there") {
        let names = try await plane.admin("get", "configmaps", "-n", "restored", "-o", "name").split(separator: "\n")
        let own = names.filter { $0.hasPrefix("configmap/restored-") }
        try require(own.count == count, "\(names)")
      }
    }

    @Test("What a restored store does not know stays on the clusters until somebody confirms its removal")
    func restored() async throws {
      let manager = try ManagerProcess("restored")
      try await manager.start()
      let plane = try await ControlPlane.local.value
      let agent = try AgentProcess(
        "restored", plane: plane, values: try await manager.values(token: "one", namespace: Lab.workspace))
      try await agent.start()
      try await eventually("the cluster is there") { _ = try await cluster(manager) }
      try await manager.stop()
      let backup = manager.data + "-backup"
      try FileManager.default.copyItem(atPath: manager.data, toPath: backup)
      try await manager.start()

      let repository = try await GitRepository("restored")
      var files: [String: String] = [:]
      for name in Self.directories {
        files["\(name)/fleet.yaml"] = "defaultNamespace: restored\n"
        files["\(name)/map.yaml"] = Manifests.configMap("restored-\(name)", ["a": "b"])
      }
      _ = try await repository.push(files)
      let gitRepo = """
        kind: GitRepo
        apiVersion: fleet.cattle.io/v1alpha1
        metadata: {name: restored, namespace: \(Lab.workspace)}
        spec: {repo: \(repository.url), pollingInterval: 1s, paths: [a, b, c, d], targets: [{clusterSelector: {}}]}
        """
      try await manager.kubectl.apply(gitRepo)
      try await eventually("all is deployed") {
        let object = try await manager.kubectl.get("gitrepo", "restored", "-n", Lab.workspace)
        let ready = object.at("status", "display", "readyBundleDeployments")?.string
        try require(ready == "4/4", JSON.string(object["status"] ?? .null))
      }

      try await manager.stop()
      try FileManager.default.removeItem(atPath: manager.data)
      try FileManager.default.copyItem(atPath: backup, toPath: manager.data)
      try await manager.start()
      let held = try await eventually("the removals are held back") {
        let cluster = try await cluster(manager)
        let message = Lab.condition("RemovalsHeld", of: cluster)?["message"]?.string ?? ""
        try require(message.hasPrefix("4 of 4 deployments (restored-a, restored-b,"), Lab.complaints(of: cluster))
        try require(ready(cluster).contains("RemovalsHeld: 4 of 4"), ready(cluster))
        return cluster
      }
      try await waitForMaps(plane, 4)

      // What the message says is what there is to type.
      let message = Lab.condition("RemovalsHeld", of: held)?["message"]?.string ?? ""
      let typed = try #require(message.range(of: "kubectl ").map { message[$0.upperBound...] })
      try await manager.kubectl(typed.split(separator: " ").map(String.init))
      try await waitForMaps(plane, 0)
      try await eventually("nothing is held any more") {
        let cluster = try await cluster(manager)
        try require(Lab.condition("RemovalsHeld", of: cluster) == nil, Lab.complaints(of: cluster))
        let annotations = cluster.at("metadata", "annotations")?.stringMap ?? [:]
        try require(annotations["flotilla.io/confirm-removals"] == nil, "the annotation is still there")
      }

      // A cluster that is away says so, everywhere.
      try await agent.stop()
      try await manager.kubectl.apply(gitRepo)
      try await eventually("the cluster is called offline") {
        let cluster = try await cluster(manager)
        try require(ready(cluster).contains("Offline since 20"), Lab.complaints(of: cluster))
        try require(cluster.at("status", "display", "state")?.string == "Offline", "its state")
        for (kind, name) in [("bundle", "restored-a"), ("gitrepo", "restored")] {
          let object = try await manager.kubectl.get(kind, name, "-n", Lab.workspace)
          let text = "Offline(1) [Cluster \(Lab.workspace)/\(cluster.at("metadata", "name")?.string ?? ""): since 20"
          try require(ready(object).contains(text), ready(object))
        }
      }
      try await agent.start()
      try await waitForMaps(plane, 4)
      try await eventually("it is back") {
        let cluster = try await cluster(manager)
        try require(ready(cluster).isEmpty, Lab.complaints(of: cluster))
      }
      try await manager.kubectl("delete", "gitrepo", "restored", "-n", Lab.workspace)
      try await waitForMaps(plane, 0)
      try await agent.stop()
      try await manager.stop()
    }
  }
}
