import Agent
import Fleet
import Foundation
import HelmEngine
import Logging
import Manager
import ServiceLifecycle
import Wire

/// Parts of a measurement that run in processes of their own: this program, started with other arguments.
enum BenchChild {
  private static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

  /// The arguments of a manager on a directory.
  static func manager(_ directory: String, busPort: Int, heartbeatSeconds: Int) -> [String] {
    ["--manager", directory, "\(busPort)", "\(heartbeatSeconds)"]
  }

  /// The arguments of some agents, which enrol with the values in a file and apply at once.
  static func agents(_ agents: Range<Int>, values: String) -> [String] {
    ["--agents", values, "\(agents.lowerBound)", "\(agents.upperBound)"]
  }

  /// The arguments of an agent that is enrolled with the key of ``agentKey(_:)``.
  static func agent(
    endpoint: String, manager: CurvePublicKey, kubeconfig: String, state: String
  ) -> [String] {
    ["--agent", endpoint, manager.z85, kubeconfig, state]
  }

  /// The file of an agent's key.
  static func agentKey(_ state: String) -> String { state + "/bench.key" }

  /// The children in which Helm works.
  private static let helmWorker = HelmWorkerCommand(
    executable: HelmWorkerCommand.ownExecutable().executable, arguments: ["--helm-worker"])

  /// Runs the part that the arguments name, if they do, to its end.
  static func run(_ arguments: ArraySlice<String>) async throws -> Bool {
    let texts = Array(arguments.dropFirst())
    let numbers = texts.dropFirst().compactMap { Int($0) }
    switch (arguments.first, numbers.count) {
    case ("--helm-worker", _): HelmWorker.run()
    case ("--hostile", _): try await Crowd.run(texts)
    case ("--agent", _) where texts.count == 4: try await serve(texts)
    case ("--manager", 2): try await manage(texts[0], busPort: numbers[0], heartbeatSeconds: numbers[1])
    case ("--agents", 2):
      let bytes = Array(FileManager.default.contents(atPath: texts[0]) ?? Data())
      var configuration = SimulationConfiguration(
        registration: try RegistrationValues(parsing: bytes, file: texts[0]), agents: numbers[0]..<numbers[1])
      configuration.applyLatency = .zero...Duration.zero
      await SimulationChild.run(try FleetSimulation(configuration, logger: logger))
    default: return false
    }
    return true
  }

  private static func serve(_ texts: [String]) async throws {
    let record = EnrollmentRecord(
      clusterNamespace: "bench", clusterName: "cluster", managerPublicKey: try CurvePublicKey(z85: texts[1]),
      endpoints: [texts[0]])
    let agent = AgentService(
      configuration: AgentConfiguration(
        manager: .enrolled(record, try CurveKeyFile.loadOrCreate(agentKey(texts[3]))),
        cluster: .kubeconfig(path: texts[2]), stateDirectory: texts[3] + "/state", helmWorker: helmWorker),
      logger: logger)
    endWithParent()
    try await agent.run()
  }

  /// Ends this process with its parent, or at its wish.
  private static func endWithParent() {
    Thread.detachNewThread {
      while readLine() != nil {}
      exit(0)
    }
  }

  private static func manage(_ directory: String, busPort: Int, heartbeatSeconds: Int) async throws {
    let manager = try await Manager(
      configuration: ManagerConfiguration(
        dataDirectory: directory, apiPort: 0, busAddress: "tcp://127.0.0.1:\(busPort)",
        heartbeatInterval: .seconds(heartbeatSeconds)), version: "bench", logger: logger)
    endWithParent()
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(services: manager.services.map { .init(service: $0) }, logger: logger)
    ).run()
  }
}
