import Agent
import ArgumentParser
import Fleet
import Foundation
import Logging
import ServiceLifecycle

/// `flotilla agent run`, and `flotilla agent` without a verb.
struct AgentRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the agent of one cluster: connect to the manager, deploy what it sends, report back.",
    discussion: """
      --values is the decoded `values` key of a ClusterRegistrationToken's Secret, with additions of yours such as
      `labels:`. Once the agent has joined, its key in --state is all that it needs.
      """)

  @Option(help: ArgumentHelp("The registration values, YAML.", valueName: "file"))
  var values: String

  @Option(help: ArgumentHelp("How to reach the cluster; without it, the pod's service account.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("The directory of the agent's key and state; one agent's own.", valueName: "directory"))
  var state: String

  @Option(
    help: ArgumentHelp(
      "A Secret of the agent's namespace that keeps its key too, for a --state that may be lost; it has to be there.",
      valueName: "name"))
  var identitySecret: String?

  @Option(
    help: ArgumentHelp("Where /livez, /readyz and /metrics are answered, without credentials.", valueName: "host:port"))
  var healthAddress: String?

  @Option(
    help: ArgumentHelp(
      "Change the agent's key when it is older than this (720h); 0 never does by itself.", valueName: "duration"))
  var keyMaxAge = "0"

  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    _ = try maxAge()
    if let healthAddress { _ = try HostAndPort(healthAddress, option: "--health-address") }
  }

  private func maxAge() throws -> Duration? {
    guard keyMaxAge != "0" else { return nil }
    let age: Duration
    do throws(FleetError) {
      age = try GoDuration.parse(keyMaxAge)
    } catch {
      throw ValidationError("--key-max-age takes a duration such as 720h, not '\(keyMaxAge)'")
    }
    guard age >= .seconds(60) else { throw ValidationError("--key-max-age takes 1m or more, or 0, not \(keyMaxAge)") }
    return age
  }

  func run() async throws {
    let logger = logging.bootstrap(label: "agent")
    guard let bytes = FileManager.default.contents(atPath: values) else {
      throw ValidationError(
        "--values: the file \(values) \(FileManager.default.fileExists(atPath: values) ? "cannot be read by this user" : "is not there");"
          + " it is the decoded `values` key of a ClusterRegistrationToken's Secret")
    }
    let registration = try AgentValues(parsing: Array(bytes), file: values)
    var configuration = AgentConfiguration(
      manager: .registration(registration), cluster: kubeconfig.map { .kubeconfig(path: $0) } ?? .inCluster,
      stateDirectory: state, agentVersion: FlotillaVersion.current, helmWorker: .ownExecutable())
    configuration.identitySecret = identitySecret
    configuration.healthAddress = try healthAddress.map {
      let address = try HostAndPort($0, option: "--health-address")
      return (address.host, address.port)
    }
    configuration.keyMaxAge = try maxAge()
    let agent = AgentService(configuration: configuration, logger: logger)
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [agent], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }
}
