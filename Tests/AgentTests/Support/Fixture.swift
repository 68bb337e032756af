import Document
import Fleet
import Foundation
import HelmEngine
import KubeClient
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

/// An agent, a manager of the test's and a real API server, all in this process but the last.
struct Fixture: Sendable {
  let manager: TestManager
  let plane: ControlPlane
  let state: TemporaryDirectory
  let endpoint: String
  /// The cluster's name on the manager: releases of one fixture are none of another's.
  let cluster: String
  let logger: Logger
  /// How the agent reaches the cluster, and with whose rights.
  let access: AgentConfiguration.Cluster

  /// - Parameters:
  ///   - access: nil takes the admin's.
  ///   - log: keeps what the agent logs.
  init(access: AgentConfiguration.Cluster? = nil, log: MessageLog? = nil) throws {
    plane = try ControlPlane.ofSuite()
    self.access = access ?? .kubeconfig(path: plane.kubeconfig)
    state = try TemporaryDirectory()
    cluster = "cluster-\(UUID().uuidString)"
    endpoint = "in-process:agent-\(cluster)"
    manager = try TestManager(endpoint: endpoint)
    var logger = Logger(label: "agent") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = ProcessInfo.processInfo.environment["AGENT_TEST_LOG"] == nil ? .critical : .debug
    self.logger = log?.logger ?? logger
  }

  /// Runs a manager and an agent around a body.
  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withManager { try await withAgent(body) }
  }

  func withManager(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let server = manager.makeServer(logger: logger)
    try await beside({ try await server.run() }) {
      _ = try await server.boundEndpoint()
      try await body()
    }
  }

  func withAgent(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let key = try CurveKeyFile.loadOrCreate(state.path + "/test.key")
    manager.directory.set(key.publicKey, identity: "fleet-default/\(cluster)")
    let record = EnrollmentRecord(
      clusterNamespace: "fleet-default", clusterName: cluster, managerPublicKey: manager.keyPair.publicKey,
      endpoints: [endpoint])
    let agent = agent(.enrolled(record, key))
    try await beside({ try await agent.run() }, body)
  }

  func agent(_ manager: AgentConfiguration.Manager) -> AgentService {
    AgentService(
      configuration: AgentConfiguration(
        manager: manager, cluster: access, stateDirectory: state.path + "/state",
        agentVersion: "test", helmWorker: HelmWorkerCommand(executable: helmWorkerProgram, arguments: [])),
      logger: logger)
  }

  /// Runs a service for as long as a body takes.
  func beside(
    _ service: @escaping @Sendable () async throws -> Void, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await service()
        return false
      }
      group.addTask {
        try await body()
        return true
      }
      while let isDone = try await group.next(), !isDone {}
      group.cancelAll()
      while let _ = await group.nextResult() {}
    }
  }

  /// Lends a client of the cluster with the admin's rights.
  func withClient(_ body: (KubeClient) async throws -> Void) async throws {
    let client = try KubeClient(config: KubeConfig.load(path: plane.kubeconfig), logger: logger)
    do {
      try await body(client)
    } catch {
      await client.shutdown()
      throw error
    }
    await client.shutdown()
  }

  /// Waits until a deployment is in a state.
  func wait(_ id: String, _ deploymentID: String, _ state: BundleState) async throws {
    let manager = manager
    do {
      try await eventually("\(id) is \(state.rawValue)") { await manager.state(id, deploymentID) == state }
    } catch {
      let status = await manager.status(id).map { JSON.string($0.value, pretty: true) } ?? "none"
      throw TestFailure("\(error); its status: \(status)")
    }
  }

  func configMap(_ namespace: String, _ name: String, _ key: String) async throws -> String {
    try await plane.kubectl("get", "configmap", "-n", namespace, name, "-o", "jsonpath={.data.\(key)}")
  }

  func revision(_ id: String) async -> String { await manager.status(id)?.release ?? "" }
}

extension HelmEngine {
  enum Fixtures {
    /// A chart of somebody else's.
    static let foreign = Chart(files: [
      HelmChartFile(path: "Chart.yaml", text: "apiVersion: v2\nname: foreign\nversion: 1.0.0\n"),
      HelmChartFile(path: "templates/a.yaml", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: foreign}\n"),
    ])
  }
}
