import Document

/// What simulated agents have come to: what holds now, what was counted, and how long it took.
public struct SimulationReport: Sendable, Hashable {
  /// Agents that there are.
  public var agents = 0
  /// Agents that are enrolled.
  public var enrolled = 0
  /// Agents with an open session.
  public var connected = 0
  /// Agents that hold, and have acknowledged, everything the manager wanted when it last spoke.
  public var acknowledged = 0
  /// Those of them whose every deployment is Ready, and known to be by the manager. One without deployments is none.
  public var ready = 0
  /// Deployments on all agents.
  public var deployments = 0
  /// Deployments that are Ready, and known to be by the manager.
  public var readyDeployments = 0
  /// Deployments whose last attempt failed.
  public var failedDeployments = 0

  /// Sessions that were opened.
  public var sessions = 0
  /// Sessions of agents that had one before.
  public var reconnects = 0
  /// Connections that were cut on purpose.
  public var cuts = 0
  /// Connections that failed or were lost, whatever the reason.
  public var losses = 0
  /// Attempts to enrol that failed.
  public var enrollmentFailures = 0
  /// Versions of deployments that were made durable and acknowledged.
  public var versions = 0
  /// Versions that became Ready, and known to be by the manager.
  public var readyVersions = 0
  /// Attempts to deploy that failed.
  public var failures = 0
  /// Blobs that were fetched.
  public var blobs = 0
  /// When a version was last acknowledged, in milliseconds since 1970; 0 before the first.
  public var lastVersion = 0
  /// When a version last became Ready and known to be, in milliseconds since 1970; 0 before the first.
  public var lastReadyVersion = 0

  /// From the first attempt to enrol to its success.
  public var enrolling = LatencyHistogram()
  /// From the beginning of a connection to its session.
  public var connecting = LatencyHistogram()
  /// From the arrival of a version to its acknowledgement.
  public var acknowledging = LatencyHistogram()
  /// From the arrival of a version to the manager's word that its Ready status is durable.
  public var becomingReady = LatencyHistogram()

  /// What went wrong last; empty where nothing did.
  public var problem = ""
  /// Why there is no point in going on; empty where there is.
  public var refusal = ""

  /// Nothing yet.
  public init() {}

  private static let numbers: [(name: String, path: WritableKeyPath<SimulationReport, Int> & Sendable)] = [
    ("agents", \.agents), ("enrolled", \.enrolled), ("connected", \.connected), ("acknowledged", \.acknowledged),
    ("ready", \.ready), ("deployments", \.deployments), ("readyDeployments", \.readyDeployments),
    ("failedDeployments", \.failedDeployments), ("sessions", \.sessions), ("reconnects", \.reconnects),
    ("cuts", \.cuts), ("losses", \.losses), ("enrollmentFailures", \.enrollmentFailures), ("versions", \.versions),
    ("readyVersions", \.readyVersions), ("failures", \.failures), ("blobs", \.blobs),
    ("lastVersion", \.lastVersion), ("lastReadyVersion", \.lastReadyVersion),
  ]
  private static let latest: Set<String> = ["lastVersion", "lastReadyVersion"]
  private static let times: [(name: String, path: WritableKeyPath<SimulationReport, LatencyHistogram> & Sendable)] = [
    ("enrolling", \.enrolling), ("connecting", \.connecting), ("acknowledging", \.acknowledging),
    ("becomingReady", \.becomingReady),
  ]

  /// The sum of several reports of different agents.
  public init(sum reports: some Sequence<SimulationReport>) {
    for report in reports {
      for (name, path) in Self.numbers {
        let number = report[keyPath: path]
        self[keyPath: path] =
          Self.latest.contains(name) ? max(self[keyPath: path], number) : self[keyPath: path] + number
      }
      for (_, path) in Self.times { self[keyPath: path].add(report[keyPath: path]) }
      if problem.isEmpty { problem = report.problem }
      if refusal.isEmpty { refusal = report.refusal }
    }
  }

  /// Reads what ``encoded`` wrote; nil where it is something else.
  public init?(decoding line: some Sequence<UInt8>) {
    guard let value = try? JSON.parse(Array(line)), value.object != nil else { return nil }
    for (name, path) in Self.numbers { self[keyPath: path] = value[name]?.int ?? 0 }
    for (name, path) in Self.times { self[keyPath: path] = LatencyHistogram(value[name]) }
    problem = value["problem"]?.string ?? ""
    refusal = value["refusal"]?.string ?? ""
  }

  /// The report as one line of JSON, without its end.
  public var encoded: [UInt8] {
    var object = numbers
    for (name, path) in Self.times { object[name] = self[keyPath: path].value }
    object["problem"] = .string(problem)
    object["refusal"] = .string(refusal)
    return JSON.encode(.object(object))
  }

  /// The numbers by name.
  public var numbers: [String: Value] {
    Dictionary(uniqueKeysWithValues: Self.numbers.map { ($0.name, .integer(Int64(self[keyPath: $0.path]))) })
  }

  /// The times by name.
  public var times: [(name: String, times: LatencyHistogram)] {
    Self.times.map { ($0.name, self[keyPath: $0.path]) }
  }
}
