import Agent
import ArgumentParser
import Fleet
import Foundation

/// What simulated agents are like: the options that the parent hands on to its children.
struct SimulationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The registration values, YAML, as for `flotilla agent`.", valueName: "file"))
  var values: String

  @Option(
    help: ArgumentHelp("How long an agent takes to apply a version: 50ms, or 50ms-2s.", valueName: "time[-time]"))
  var applyLatency = TimeRange(.milliseconds(50))

  @Option(help: ArgumentHelp("The share of attempts to apply that fail, 0 to 1.", valueName: "share"))
  var failureRate = 0.0

  @Option(help: ArgumentHelp("Connections that are cut: 10/s, 30/min or 100/h.", valueName: "rate"))
  var churn = Rate.none

  @Option(help: ArgumentHelp("A label of every cluster; repeatable, or k=v,k=v.", valueName: "key=value"))
  var labels: [String] = []

  @Option(
    help: ArgumentHelp("What client ids begin with: agents of the same name are the same clusters.", valueName: "name"))
  var prefix = "simulated"

  @Option(
    help: ArgumentHelp(
      "Keep the agents' keys and what they hold, for a next run; without it they enrol anew.", valueName: "directory"))
  var state: String?

  func validate() throws {
    guard (0...1).contains(failureRate) else {
      throw ValidationError("--failure-rate takes 0 to 1, not \(failureRate)")
    }
    guard !prefix.isEmpty, prefix.utf8.count <= 40, prefix.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F })
    else { throw ValidationError("--prefix takes 1 to 40 printable characters without spaces and slashes") }
    _ = try allLabels
  }

  /// Agents of these numbers; `share` of the churn is theirs.
  func configuration(agents: Range<Int>, of all: Int) throws -> SimulationConfiguration {
    guard let bytes = FileManager.default.contents(atPath: values) else {
      throw ValidationError("--values: the file \(values) cannot be read")
    }
    guard let registration = try AgentValues(parsing: Array(bytes), file: values).registration else {
      throw ValidationError("--values: \(values) has no token: take the `values` key of a registration token's Secret")
    }
    var configuration = SimulationConfiguration(registration: registration, agents: agents)
    configuration.prefix = prefix
    configuration.labels = try allLabels
    configuration.applyLatency = applyLatency.range
    configuration.failureRate = failureRate
    configuration.cutsPerSecond = churn.perSecond * Double(agents.count) / Double(max(1, all))
    configuration.stateDirectory = state
    configuration.agentVersion = FlotillaVersion.current
    return configuration
  }

  /// The options as they were given, for a child.
  var arguments: [String] {
    var arguments = [
      "--values", values, "--apply-latency", applyLatency.text, "--failure-rate", "\(failureRate)", "--churn",
      churn.text, "--prefix", prefix,
    ]
    for label in labels { arguments += ["--labels", label] }
    if let state { arguments += ["--state", state] }
    return arguments
  }

  private var allLabels: [String: String] {
    get throws {
      try Labels.parse(labels.flatMap { $0.split(separator: ",").map(String.init) }, option: "--labels")
    }
  }
}

/// A time as people write it: 50ms, 2s, 1.5s, 10m, 1h.
struct WrittenTime {
  let duration: Duration

  init?(_ text: some StringProtocol) {
    let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
      let number = Double(text.dropLast(unit.suffix.count)),
      number >= 0, number * unit.seconds <= 1_000_000
    else { return nil }
    duration = .microseconds(Int64(number * unit.seconds * 1_000_000))
  }
}

/// `50ms` or `50ms-2s`.
struct TimeRange: ExpressibleByArgument, CustomStringConvertible {
  let range: ClosedRange<Duration>
  let text: String
  var description: String { text }

  init(_ duration: Duration) {
    range = duration...duration
    text = "\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)ms"
  }

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { WrittenTime($0)?.duration }
    guard ends.count <= 2, let first = ends.first, let low = first, let last = ends.last, let high = last, low <= high
    else { return nil }
    range = low...high
    text = argument
  }
}

/// `10/s`, `30/min`, `100/h`; a number alone is a second's.
struct Rate: ExpressibleByArgument, CustomStringConvertible {
  static let none = Rate(perSecond: 0, text: "0")

  let perSecond: Double
  let text: String
  var description: String { text }

  private init(perSecond: Double, text: String) {
    self.perSecond = perSecond
    self.text = text
  }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    let seconds = ["s": 1.0, "min": 60, "m": 60, "h": 3600]
    guard parts.count <= 2, let number = Double(parts[0]), number >= 0, number <= 1_000_000,
      let unit = parts.count == 2 ? seconds[String(parts[1])] : 1
    else { return nil }
    self.init(perSecond: number / unit, text: argument)
  }
}

/// `--duration`.
struct TimeOption: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let time = WrittenTime(argument), time.duration > .zero else { return nil }
    duration = time.duration
  }
}
