import Document
import Foundation
import struct TestSupport.ControlPlane
import Testing

/// What the tests share: a manager with a local cluster, and the clusters dev and prod that joined it with a token.
struct Lab: Sendable {
  /// Where dev and prod are registered.
  static let workspace = "fleet-default"

  let manager: ManagerProcess
  let local: ControlPlane
  let dev: AgentProcess
  let prod: AgentProcess
  var kubectl: Kubectl { manager.kubectl }

  private static let shared = Task { try await make() }

  /// Runs a test's body in the shared lab, all of it up. When the body throws, the issue shows the ends of the logs.
  static func run(_ body: (Lab) async throws -> Void) async throws {
    let lab = try await shared.value
    do {
      try await lab.up()
      try await body(lab)
    } catch {
      for (name, log) in [
        ("manager", await lab.manager.log), ("agent dev", await lab.dev.log), ("agent prod", await lab.prod.log),
      ] { Issue.record("the end of the log of \(name):\n\(log.suffix(2500))") }
      throw error
    }
  }

  private static func make() async throws -> Lab {
    async let local = ControlPlane.local.value
    async let dev = ControlPlane.dev.value
    async let prod = ControlPlane.prod.value
    let manager = try ManagerProcess("manager", localKubeconfig: try await local.kubeconfig)
    try await manager.start()
    let values = try await manager.values(token: "lab", namespace: workspace)
    return Lab(
      manager: manager, local: try await local,
      dev: try AgentProcess("dev", plane: try await dev, values: values + "labels:\n  env: dev\n  type: edge\n"),
      prod: try AgentProcess("prod", plane: try await prod, values: values + "labels:\n  env: prod\n  type: edge\n"))
  }

  /// Starts what a test before this one left ended, and waits until both clusters are known.
  private func up() async throws {
    try await manager.start()
    for agent in [dev, prod] {
      try await agent.start()
      try await eventually("\(agent.name) is registered") { _ = try await cluster(agent) }
    }
  }

  /// The Cluster object of an agent.
  func cluster(_ agent: AgentProcess) async throws -> Value {
    let list = try await kubectl.get("clusters", "-n", Self.workspace, "-l", "env=\(agent.name)")
    guard let items = list["items"]?.array, let first = items.first, items.count == 1 else {
      throw NotYet(description: "not one Cluster with env=\(agent.name): \(JSON.string(list))")
    }
    return first
  }

  /// A GitRepo with a short interval, to all clusters unless targets are given.
  func apply(
    gitRepo name: String, _ repository: GitRepository, paths: [String],
    targets: String = "[{name: all, clusterSelector: {}}]"
  ) async throws {
    try await kubectl.apply(
      """
      kind: GitRepo
      apiVersion: fleet.cattle.io/v1alpha1
      metadata:
        name: \(name)
        namespace: \(Self.workspace)
      spec:
        repo: \(repository.url)
        pollingInterval: 1s
        paths: [\(paths.joined(separator: ", "))]
        targets: \(targets)
      """)
  }

  /// Waits until a GitRepo shows the commit, and all of its deployments ready.
  func ready(
    gitRepo name: String, commit: String, deployments: Int, namespace: String = workspace,
    within limit: Duration = .seconds(45)
  ) async throws {
    try await eventually("GitRepo \(name) is ready at \(commit)", within: limit) {
      let object = try await kubectl.get("gitrepo", name, "-n", namespace)
      let expected = "\(deployments)/\(deployments)"
      try require(
        object.at("status", "commit")?.string == commit
          && object.at("status", "display", "readyBundleDeployments")?.string == expected
          && Self.condition("Ready", of: object)?["status"]?.string == "True",
        JSON.string(object["status"] ?? .null))
      // A summary can still speak of the commit before: every bundle must be of this one, and settled.
      let label = "fleet.cattle.io/repo-name=\(name)"
      for bundle in try await kubectl.get("bundles", "-n", namespace, "-l", label)["items"]?.array ?? [] {
        try require(
          bundle.at("metadata", "labels", "fleet.cattle.io/commit")?.string == commit
            && bundle.at("metadata", "generation") == bundle.at("status", "observedGeneration"),
          "a bundle is not yet of \(commit): \(JSON.string(bundle["metadata"] ?? .null))")
      }
      let all = try await kubectl.get("bundledeployments", "-A", "-l", label)["items"]?.array ?? []
      let current = all.filter {
        $0.at("spec", "deploymentID")?.string == $0.at("status", "appliedDeploymentID")?.string
      }
      try require(
        all.count == deployments && current.count == deployments, "\(current.count) of \(all.count) are applied")
    }
  }

  /// Deletes a GitRepo, and waits until its bundles and deployments are gone too.
  func remove(gitRepo name: String, namespace: String = workspace) async throws {
    try await kubectl("delete", "gitrepo", name, "-n", namespace)
    try await eventually("nothing is left of GitRepo \(name)") {
      let label = "fleet.cattle.io/repo-name=\(name)"
      try require(try await !kubectl.has("bundles", "-A", "-l", label), "bundles are left")
      try require(try await !kubectl.has("bundledeployments", "-A", "-l", label), "deployments are left")
    }
  }

  /// An object's condition of a type.
  static func condition(_ type: String, of object: Value) -> Value? {
    object.at("status", "conditions")?.array?.first { $0["type"]?.string == type }
  }

  /// What all conditions of an object that are not fine say, one a line.
  static func complaints(of object: Value) -> String {
    (object.at("status", "conditions")?.array ?? []).compactMap { condition in
      guard let message = condition["message"]?.string, !message.isEmpty else { return nil }
      return "\(condition["type"]?.string ?? "")=\(condition["status"]?.string ?? ""): \(message)"
    }.joined(separator: "\n")
  }
}
