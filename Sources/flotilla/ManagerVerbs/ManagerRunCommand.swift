import ArgumentParser
import Logging
import Manager
import ServiceLifecycle

/// `flotilla manager run`, and `flotilla manager` without a verb.
struct ManagerRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the manager: the API for kubectl, the git watcher and the bus that agents connect to.",
    discussion: """
      Everything durable is in --data. DATA/admin.kubeconfig is there once /readyz answers 200; a restart on the same
      directory resumes.
      """)

  @Option(help: ArgumentHelp("The directory of the manager's data; made where it is missing.", valueName: "directory"))
  var data: String

  @Option(help: ArgumentHelp("Where the Kubernetes API listens; port 0 picks a free one.", valueName: "host:port"))
  var apiAddress = "127.0.0.1:6443"

  @Option(
    help: ArgumentHelp(
      "A further DNS name or IP address that the API's certificate is for; repeatable.", valueName: "name"))
  var apiName: [String] = []

  @Option(help: ArgumentHelp("Where the bus listens; port 0 picks a free one.", valueName: "tcp://host:port"))
  var busAddress = "tcp://127.0.0.1:5671"

  @Option(
    help: ArgumentHelp("What agents are told to connect to; default: the bus address.", valueName: "tcp://host:port"))
  var busPublicEndpoint: String?

  @Option(
    help: ArgumentHelp(
      "A kubeconfig: its cluster becomes fleet-local/local, served by an agent inside the manager.", valueName: "file"))
  var localKubeconfig: String?

  @Option(help: ArgumentHelp("How often idle agents are heard of.", valueName: "seconds"))
  var heartbeatSeconds = 10

  @Option(
    help: ArgumentHelp(
      "How long a manager that is asked to end may take to send its agents away, so that they do not all come back at once.",
      valueName: "seconds"))
  var drainSeconds = 3

  @Option(
    help: ArgumentHelp(
      "The share of a cluster's deployments that may be removed unasked after the data was restored or emptied; beyond it,"
        + " a person confirms by annotation. 100 never asks.", valueName: "percent"))
  var unconfirmedRemovals = 25

  @Option(
    help: ArgumentHelp(
      "The image of agents that the manager installs itself (spec.kubeConfigSecret of a Cluster).",
      valueName: "reference"))
  var agentImage: String?

  @Flag(help: "Whoever joins with a token waits until somebody lets it in: flotilla agent approve.")
  var requireApproval = false

  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    guard (1...3600).contains(heartbeatSeconds) else {
      throw ValidationError("--heartbeat-seconds takes 1 to 3600, not \(heartbeatSeconds)")
    }
    guard (0...600).contains(drainSeconds) else {
      throw ValidationError("--drain-seconds takes 0 to 600, not \(drainSeconds)")
    }
    guard (0...100).contains(unconfirmedRemovals) else {
      throw ValidationError("--unconfirmed-removals takes 0 to 100, not \(unconfirmedRemovals)")
    }
    if let agentImage, AgentImage(agentImage) == nil {
      throw ValidationError(
        "--agent-image takes a reference such as registry.example.com/flotilla:0.1.0, not '\(agentImage)'")
    }
    _ = try HostAndPort(apiAddress, option: "--api-address")
    for (option, value) in [("--bus-address", busAddress), ("--bus-public-endpoint", busPublicEndpoint ?? busAddress)] {
      guard value.hasPrefix("tcp://") else { throw ValidationError("\(option) takes tcp://HOST:PORT, not '\(value)'") }
      _ = try HostAndPort(String(value.dropFirst("tcp://".count)), option: option)
    }
  }

  func run() async throws {
    let logger = logging.bootstrap(label: "manager")
    let api = try HostAndPort(apiAddress, option: "--api-address")
    var configuration = ManagerConfiguration(
      dataDirectory: data, apiHost: api.host, apiPort: api.port, apiNames: apiName, busAddress: busAddress,
      busPublicEndpoint: busPublicEndpoint, localCluster: localKubeconfig != nil,
      heartbeatInterval: .seconds(heartbeatSeconds), drainWindow: .seconds(drainSeconds),
      unconfirmedRemovals: unconfirmedRemovals,
      requiresApproval: requireApproval)
    configuration.agentImage = agentImage.flatMap { AgentImage($0) }
    let manager = try await Manager(configuration: configuration, version: FlotillaVersion.current, logger: logger)
    var services = manager.services
    if let localKubeconfig {
      services.append(
        LocalAgent(
          manager: manager, kubeconfig: localKubeconfig, stateDirectory: data + "/local-agent",
          logger: Logger(label: "manager.agent")))
    }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }
}

/// "127.0.0.1:6443", "[::1]:6443", "manager:6443".
struct HostAndPort {
  let host: String
  let port: Int

  /// Throws a usage error that names the option.
  init(_ text: String, option: String) throws {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port), colon != text.startIndex
    else {
      throw ValidationError("\(option) takes HOST:PORT with a port of 0 to 65535, not '\(text)'")
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self.host = host
    self.port = port
  }
}
