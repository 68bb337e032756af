import Document

/// The status of one Bundle, kept by differences (fleet-behaviour §5.13).
public struct BundleCounter: Sendable, Hashable {
  private var summaries = SummaryCounter()
  private var offline = OfflineClusters()

  /// A bundle without deployments.
  public init() {}

  /// Counts a deployment; a targeted cluster without a BundleDeployment counts as `pending`.
  public mutating func add(_ report: DeploymentReport) {
    summaries.add(report.entry(named: report.clusterKey), key: report.place(report.clusterKey))
    if report.state != .ready { offline.set(report.clusterKey, since: report.offlineSince) }
  }

  /// Takes a deployment away that was counted.
  public mutating func remove(_ report: DeploymentReport) {
    summaries.remove(report.state, key: report.place(report.clusterKey))
    offline.set(report.clusterKey, since: "")
  }

  /// How many deployments are in which state.
  public var counts: StateCounts { summaries.stateCounts }
  /// The summary.
  public var summary: BundleSummary { summaries.summary }

  /// The Bundle's status.
  ///
  /// - Parameters:
  ///   - previous: the status so far; what does not change in it stays, times included.
  ///   - generation: the generation of the spec that this is about.
  ///   - error: what keeps the bundle from being deployed at all; it becomes the Ready condition.
  ///   - notes: further texts for the Ready condition, such as clusters whose values could not be made.
  public func status(
    previous: Value, generation: Int64, manifestID: String? = nil, error: FleetError? = nil, notes: [String] = [],
    at now: Timestamp
  ) -> Value {
    let summary = summary
    var status = previous.object == nil ? [:] : previous
    status["summary"] = summary.value
    var display = FieldWriter()
    display.set("readyClusters", summary.display)
    display.set("state", summary.counts.worst?.rawValue ?? "")
    status["display"] = display.value
    status["observedGeneration"] = .integer(generation)
    if let manifestID { status["resourcesSha256Sum"] = .string(String(manifestID.dropFirst(2))) }
    var conditions = Conditions(status["conditions"])
    var message = error.map { "\($0)" } ?? summary.readyMessage(kind: "Cluster", adding: offline.items)
    message = ([message] + notes).filter { !$0.isEmpty }.joined(separator: "; ")
    conditions.set(
      "Ready", message.isEmpty, reason: error == nil ? "" : "Error", message: message, at: now)
    status["conditions"] = conditions.value
    return status
  }
}
