import Agent
import Foundation
import Logging
import Wire

/// A real agent in this process, between a ``BenchManager`` and a ``BenchCluster``.
enum BenchAgent {
  /// Runs an agent of the cluster around a body.
  static func with(
    _ cluster: BenchCluster, _ body: @escaping @Sendable (BenchManager) async throws -> Void
  ) async throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let (managerKeys, agentKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let directory = KeyDirectory()
    directory.set(agentKeys.publicKey, identity: "bench/cluster")
    let manager = BenchManager()
    let server = manager.makeServer(
      endpoint: "tcp://127.0.0.1:*", keyPair: managerKeys, directory: directory, logger: logger)
    let serving = Task { try await server.run() }
    let record = EnrollmentRecord(
      clusterNamespace: "bench", clusterName: "cluster", managerPublicKey: managerKeys.publicKey,
      endpoints: [try await server.boundEndpoint()])
    let state = NSTemporaryDirectory() + "flotilla-bench-state-\(UUID().uuidString)"
    let agent = AgentService(
      configuration: AgentConfiguration(
        manager: .enrolled(record, agentKeys), cluster: .kubeconfig(path: cluster.kubeconfig), stateDirectory: state),
      logger: logger)
    let working = Task { try await agent.run() }
    let result: Result<Void, any Error>
    do {
      try await body(manager)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    working.cancel()
    serving.cancel()
    _ = await (working.result, serving.result)
    try? FileManager.default.removeItem(atPath: state)
    try result.get()
  }
}
