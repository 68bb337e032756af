import Fleet

/// What simulated agents are like.
public struct SimulationConfiguration: Sendable {
  /// Where they enrol, and with what.
  public var registration: RegistrationValues
  /// The numbers of the agents of this process. An agent's number names it: with the same prefix, the same cluster.
  public var agents: Range<Int>
  /// What client ids begin with.
  public var prefix = "simulated"
  /// Labels of every cluster, beside those of the values.
  public var labels: [String: String] = [:]
  /// How long applying a version takes, chosen at random in the range.
  public var applyLatency: ClosedRange<Duration> = .milliseconds(50)...Duration.milliseconds(50)
  /// The share of attempts to apply that fail, 0 to 1.
  public var failureRate = 0.0
  /// Connections of this process' agents that are cut a second.
  public var cutsPerSecond = 0.0
  /// Where agents are kept for a next run; nil keeps them in memory.
  public var stateDirectory: String?
  /// Agents that make their first connection at the same time.
  public var simultaneousStarts = 64
  /// The version that agents give.
  public var agentVersion = ""

  /// The defaults, for some agents.
  public init(registration: RegistrationValues, agents: Range<Int>) {
    self.registration = registration
    self.agents = agents
  }

  /// The name of an agent, as its cluster's client id has it.
  func clientID(_ agent: Int) -> String {
    let digits = "\(agent)"
    return "\(prefix)-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Descriptors that an agent may take: its TCP connection, its socket, and both ends of what watches over that; and as many again
  /// while those of a lost connection are being closed, which may happen to all agents at once. Where they run out, libdispatch
  /// ends the process.
  public static let descriptorsPerAgent = 8
}
