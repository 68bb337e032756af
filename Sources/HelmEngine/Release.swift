import Document

/// What Helm's record says of a revision's state.
public enum ReleaseStatus: String, Sendable, Hashable {
  /// The record holds no state that we know.
  case unknown
  /// The revision is what runs.
  case deployed
  /// The release was removed, and its history kept.
  case uninstalled
  /// A later revision took its place.
  case superseded
  /// The operation that made the revision failed.
  case failed
  /// A removal runs, or was interrupted.
  case uninstalling
  /// The first installation runs, or was interrupted.
  case pendingInstall = "pending-install"
  /// An upgrade runs, or was interrupted.
  case pendingUpgrade = "pending-upgrade"
  /// A rollback runs, or was interrupted.
  case pendingRollback = "pending-rollback"

  /// Whether an operation is under way, or was interrupted: Helm refuses the next one until `HelmEngine.recover`.
  public var isUnfinished: Bool {
    switch self {
    case .pendingInstall, .pendingUpgrade, .pendingRollback, .uninstalling: true
    case .unknown, .deployed, .uninstalled, .superseded, .failed: false
    }
  }
}

/// One revision of a release, as lists show it.
public struct ReleaseSummary: Sendable, Hashable {
  /// Which release it is.
  public var identity: ReleaseIdentity
  /// The revision, from 1.
  public var revision: Int
  /// The revision's state.
  public var status: ReleaseStatus
  /// The chart's name.
  public var chartName: String
  /// The chart's version.
  public var chartVersion: String
  /// The version of what the chart installs, empty where the chart has none.
  public var appVersion: String
  /// When it was deployed, RFC 3339; nil where the record has no time.
  public var deployedAt: String?
  /// The labels of Helm's record that are not Helm's own.
  public var labels: [String: String]

  init(_ value: Value) {
    identity = ReleaseIdentity(name: value["name"]?.string ?? "", namespace: value["namespace"]?.string ?? "")
    revision = value["revision"]?.int ?? 0
    status = value["status"]?.string.flatMap(ReleaseStatus.init) ?? .unknown
    chartName = value["chart_name"]?.string ?? ""
    chartVersion = value["chart_version"]?.string ?? ""
    appVersion = value["app_version"]?.string ?? ""
    deployedAt = value["deployed_at"]?.string
    labels = value["labels"]?.stringMap ?? [:]
  }
}

/// One revision of a release with all that Helm recorded of it.
public struct Release: Sendable, Hashable {
  /// What lists show of it.
  public var summary: ReleaseSummary
  /// The objects that it holds, as YAML documents in the order of their installation, without its hooks.
  public var manifest: String
  /// The values it was given, without the chart's defaults.
  public var values: Value
  /// The chart's annotations.
  public var annotations: [String: String]
  /// The chart's rendered notes.
  public var notes: String
  /// Helm's word on the last operation, an error's text included.
  public var operationDescription: String

  /// The release's name.
  public var name: String { summary.identity.name }
  /// The release's namespace.
  public var namespace: String { summary.identity.namespace }
  /// The revision, from 1.
  public var revision: Int { summary.revision }
  /// The revision's state.
  public var status: ReleaseStatus { summary.status }
  /// The chart's name.
  public var chartName: String { summary.chartName }
  /// The chart's version.
  public var chartVersion: String { summary.chartVersion }
  /// The version of what the chart installs.
  public var appVersion: String { summary.appVersion }

  /// Reads what the library answers to `get`, and to `get metadata`.
  init(stored: Value, metadata: Value) {
    let summary = stored["summary"] ?? .null
    self.summary = ReleaseSummary(summary)
    manifest = summary["manifest"]?.string ?? ""
    // Helm's record leaves out what is empty.
    let config = stored["config"] ?? .null
    values = config.isNull ? [:] : config
    annotations = metadata["annotations"]?.stringMap ?? [:]
    notes = summary["notes"]?.string ?? ""
    operationDescription = stored.at("info", "description")?.string ?? ""
  }
}
