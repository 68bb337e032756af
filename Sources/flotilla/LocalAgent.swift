import Agent
import Foundation
import HelmEngine
import Logging
import Manager
import ServiceLifecycle
import Wire

/// The agent inside the manager, which serves `fleet-local/local`. It is an agent like any other and connects over the bus;
/// only its key is admitted by the manager itself, without a token.
struct LocalAgent: Service {
  let manager: Manager
  let kubeconfig: String
  /// The agent's state, below the manager's data directory.
  let stateDirectory: String
  let logger: Logger

  func run() async throws {
    let keys = try CurveKeyFile.loadOrCreate(stateDirectory + ".key")
    try await manager.enrollLocalAgent(keys.publicKey)
    let record = EnrollmentRecord(
      clusterNamespace: "fleet-local", clusterName: "local", managerPublicKey: manager.busKey,
      endpoints: [Self.reachable(try await manager.busEndpoint())])
    try await AgentService(
      configuration: AgentConfiguration(
        manager: .enrolled(record, keys), cluster: .kubeconfig(path: kubeconfig), stateDirectory: stateDirectory,
        agentVersion: FlotillaVersion.current, helmWorker: .ownExecutable()),
      logger: logger
    ).run()
  }

  /// A wildcard is where to listen, not where to go.
  private static func reachable(_ endpoint: String) -> String {
    endpoint.replacing("tcp://0.0.0.0:", with: "tcp://127.0.0.1:").replacing("tcp://*:", with: "tcp://127.0.0.1:")
  }
}
