import Document
import Foundation
import Testing

/// A manager for the commands, without agents; stopped with the test.
private func withManager(_ name: String, _ body: (ManagerProcess, Workspace) async throws -> Void) async throws {
  try await Workspace.with { workspace in
    let manager = try ManagerProcess(name)
    do {
      try await manager.start()
      try await body(manager, workspace)
    } catch {
      Issue.record("the end of the manager's log:\n\(await manager.log.suffix(2500))")
      try await manager.stop()
      throw error
    }
    try await manager.stop()
  }
}

extension ManagerProcess {
  nonisolated var kubeconfig: String { data + "/admin.kubeconfig" }
}

@Suite("commands and a manager", .serialized, .timeLimit(.minutes(5)))
struct ManagerCommandsTests {
  @Test("apply creates, leaves alone, updates and deletes, says so, and writes nothing where some directory fails")
  func writes() async throws {
    try await withManager("apply") { manager, workspace in
      func apply(_ more: String...) async throws -> String {
        let arguments = ["apply", "shop", "-n", "fleet-default", "--kubeconfig", manager.kubeconfig] + more
        let outcome = try await workspace.flotilla(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
      }
      func map(_ name: String, _ value: String) -> String { Manifests.configMap(name, ["value": value]) }
      try workspace.write([
        "one/map.yaml": map("one", "1"), "two/map.yaml": map("two", "1"),
        "one/fleet.yaml": "helm: {values: {password: canary}}\n", "two/fleet.yaml": "",
      ])
      #expect(
        try await apply() == "bundle fleet-default/shop-one created\nbundle fleet-default/shop-two created\n")
      #expect(
        try await apply() == "bundle fleet-default/shop-one unchanged\nbundle fleet-default/shop-two unchanged\n")

      let stored = try await manager.kubectl.get("bundle", "shop-one", "-n", "fleet-default")
      #expect(stored.at("spec", "valuesHash")?.string?.isEmpty == false)
      #expect(!JSON.string(stored).contains("canary"), "values are in a Secret of their own")
      let secret = try await manager.kubectl.get("secret", "shop-one", "-n", "fleet-default")
      #expect(secret["type"] == "fleet.cattle.io/bundle-values/v1alpha1")
      #expect(
        secret.at("metadata", "ownerReferences")?[0]?["uid"] == stored.at("metadata", "uid"), "\(JSON.string(secret))")

      try workspace.write(["one/map.yaml": map("one", "2")])
      #expect(
        try await apply() == "bundle fleet-default/shop-one updated\nbundle fleet-default/shop-two unchanged\n")
      try workspace.write(["one/fleet.yaml": "helm: {values: {password: other}}\n"])
      #expect(
        try await apply() == "bundle fleet-default/shop-one updated\nbundle fleet-default/shop-two unchanged\n")

      try workspace.write(["one/map.yaml": map("one", "3"), "bad/fleet.yaml": "defaultNamespace: [x]\n"])
      let failed = try await workspace.flotilla(
        ["apply", "shop", "-n", "fleet-default", "--kubeconfig", manager.kubeconfig])
      #expect(failed.status == 1 && failed.errors.contains("bad/fleet.yaml:1"), "\(failed.errors)")
      #expect(failed.errors.contains("nothing was written"))
      let same = try await manager.kubectl.get("bundle", "shop-one", "-n", "fleet-default")
      #expect(JSON.string(same).contains("value: \\\"2\\\""), "\(JSON.string(same))")

      try workspace.remove("bad")
      try workspace.remove("two")
      #expect(
        try await apply() == "bundle fleet-default/shop-one updated\nbundle fleet-default/shop-two deleted\n")

      try workspace.write(["twin/fleet.yaml": "name: shop-one\n", "twin/map.yaml": map("x", "1")])
      let refused = try await workspace.flotilla(
        ["apply", "other", "twin", "-n", "fleet-default", "--kubeconfig", manager.kubeconfig])
      #expect(refused.status == 1 && refused.output.isEmpty)
      #expect(refused.errors.contains("fleet-default/shop-one belongs to shop"), "\(refused.errors)")
    }
  }

  @Test("apply prints the Bundles that the manager makes of a commit, and target their deployments with the same ids")
  func sameAsManager() async throws {
    try await withManager("same") { manager, workspace in
      let files = [
        "app/fleet.yaml": """
        helm:
          values: {size: 1, where: "${ .ClusterLabels.env }", name: global.fleet.clusterLabels.env}
        targetCustomizations:
        - name: big
          clusterSelector: {matchLabels: {env: prod}}
          helm: {values: {size: 9}}
        """,
        "app/chart.txt": "text", "app/map.yaml": Manifests.configMap("a", ["b": "c"]),
      ]
      for (name, env) in [("one", "prod"), ("two", "dev")] {
        try await manager.kubectl.apply(
          """
          apiVersion: fleet.cattle.io/v1alpha1
          kind: Cluster
          metadata: {name: \(name), namespace: fleet-default, labels: {env: \(env)}}
          """)
      }
      let repository = try await GitRepository("same-\(UUID().uuidString.prefix(8))")
      let commit = try await repository.push(files)
      let targets = "targets: [{name: all, clusterSelector: {}}]"
      try await manager.kubectl.apply(
        """
        kind: GitRepo
        apiVersion: fleet.cattle.io/v1alpha1
        metadata: {name: same, namespace: fleet-default}
        spec:
          repo: \(repository.url)
          \(targets)
        """)
      let deployments = try await eventually("the deployments are there") {
        let all = try await manager.kubectl.get("bundledeployments", "-A")["items"]?.array ?? []
        try require(all.count == 2 && all.allSatisfy { $0.at("spec", "stagedDeploymentID") != nil }, "\(all.count)")
        return all
      }
      let stored = try await manager.kubectl.get("bundle", "same-app", "-n", "fleet-default")

      try workspace.write(files)
      try workspace.write([
        "targets.yaml": targets + "\ntargetRestrictions: [{name: all, clusterSelector: {}}]\n"
      ])
      let text = try await workspace.checked(
        "apply", "same", "app", "-n", "fleet-default", "--commit", commit, "--targets-file", "targets.yaml", "-o", "-")
      let printed = try #require(try YAML.parse(text).first)
      #expect(printed.at("metadata", "labels") == stored.at("metadata", "labels"))
      for field in ["resources", "targetRestrictions", "targetCustomizationMode"] {
        #expect(printed.at("spec", field) == stored.at("spec", field), "\(field)")
      }
      #expect(stored.at("spec", "valuesHash") != nil && printed.at("spec", "helm", "values", "size") == 1)

      let options = ["-n", "fleet-default", "--kubeconfig", manager.kubeconfig]
      let targeted = try await workspace.flotilla(["target", "-b", "-", "-o", "yaml"] + options, input: text)
      #expect(targeted.status == 0, "\(targeted.errors)")
      let mine = try YAML.parse(targeted.output).filter { $0["kind"] == "BundleDeployment" }
      #expect(mine.count == 2)
      for deployment in mine {
        let same = deployments.first {
          $0.at("metadata", "namespace") == deployment.at("metadata", "namespace") && $0.name == deployment.name
        }
        #expect(same?.at("spec", "stagedDeploymentID") == deployment.at("spec", "deploymentID"))
      }
      // The bundle as the API shows it lacks its values; they are found in their Secret.
      let fromAPI = try await workspace.flotilla(
        ["target", "-b", "-", "--values"] + options, input: YAML.emit(stored))
      #expect(fromAPI.status == 0 && fromAPI.output.contains("2 of 2 clusters match"), "\(fromAPI.errors)")
      #expect(fromAPI.output.contains("size: 9") && fromAPI.output.contains("where: dev"))

      let quiet = try await workspace.flotilla(["bundlediff"] + options)
      #expect(quiet.status == 0 && quiet.output == "No differences in 2 deployments.\n", "\(quiet.errors)")
      let elsewhere = try await workspace.flotilla(
        ["bundlediff", "-b", "nothing"] + options)
      #expect(elsewhere.status == 1 && elsewhere.errors.contains("nothing"))
    }
  }
}
