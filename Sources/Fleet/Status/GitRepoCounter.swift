import Document

/// The status of one GitRepo's deployments, kept by differences (fleet-behaviour §5.13).
public struct GitRepoCounter: Sendable, Hashable {
  private struct PerCluster: Sendable, Hashable {
    var ready = 0
    var all = 0
    var counts = ResourceCounts()
  }

  private var summaries = SummaryCounter()
  private var clusters: [String: PerCluster] = [:]
  private var readyClusters = 0
  private var counts = ResourceCounts()

  /// A repository without deployments.
  public init() {}

  /// Counts a deployment.
  public mutating func add(_ report: DeploymentReport) {
    summaries.add(report.entry(named: report.bundle), key: GitRepoCounter.key(report))
    counts += report.resourceCounts
    change(report) { cluster in
      cluster.all += 1
      if report.state == .ready { cluster.ready += 1 }
      cluster.counts += report.resourceCounts
    }
  }

  /// Takes a deployment away that was counted.
  public mutating func remove(_ report: DeploymentReport) {
    summaries.remove(report.state, key: GitRepoCounter.key(report))
    counts -= report.resourceCounts
    change(report) { cluster in
      cluster.all -= 1
      if report.state == .ready { cluster.ready -= 1 }
      cluster.counts -= report.resourceCounts
    }
  }

  private static func key(_ report: DeploymentReport) -> String {
    report.place("\(report.bundle) \(report.clusterKey)")
  }

  private mutating func change(_ report: DeploymentReport, _ body: (inout PerCluster) -> Void) {
    var cluster = clusters[report.clusterKey] ?? PerCluster()
    if cluster.all > 0, cluster.ready == cluster.all { readyClusters -= 1 }
    body(&cluster)
    if cluster.all > 0, cluster.ready == cluster.all { readyClusters += 1 }
    clusters[report.clusterKey] = cluster.all > 0 ? cluster : nil
  }

  /// The summary.
  public var summary: BundleSummary { summaries.summary }

  /// What else a GitRepo's status says.
  public struct Context: Sendable {
    /// The generation of the spec that this is about.
    public var generation: Int64
    /// `Current`, `InProgress` or `Failed`: how reading the repository stands.
    public var jobStatus: String
    /// The Ready condition of the first bundle, by uid, that is not ready; nil when all are.
    public var failingBundle: Condition?
    /// Objects over all clusters, see ``RepositoryResources``; nil leaves them as they are.
    public var resources: [Value]?

    /// A context.
    public init(
      generation: Int64, jobStatus: String = "Current", failingBundle: Condition? = nil, resources: [Value]? = nil
    ) {
      self.generation = generation
      self.jobStatus = jobStatus
      self.failingBundle = failingBundle
      self.resources = resources
    }
  }

  /// The GitRepo's status: summary, display, counts and the Ready condition. All other fields stay as they are.
  public func status(previous: Value, _ context: Context, at now: Timestamp) -> Value {
    let summary = summary
    var status = previous.object == nil ? [:] : previous
    status["summary"] = summary.value
    status["readyClusters"] = .integer(Int64(readyClusters))
    status["desiredReadyClusters"] = .integer(Int64(clusters.count))
    status["observedGeneration"] = .integer(context.generation)
    status["gitJobStatus"] = .string(context.jobStatus)
    status["resourceCounts"] = counts.value
    status["perClusterResourceCounts"] = .object(clusters.mapValues { $0.counts.value })
    if let resources = context.resources { status["resources"] = .array(resources) }
    let worst = summary.counts.worst
    let worstEntry = summary.nonReadyResources.first { $0.state == worst }
    var display = FieldWriter()
    display.set("readyBundleDeployments", summary.display)
    display.set("state", context.jobStatus == "Current" ? worst?.rawValue ?? "" : "GitUpdating")
    display.set("message", worstEntry?.message ?? "")
    display.set("error", worst == .errApplied)
    status["display"] = display.value
    var conditions = Conditions(status["conditions"])
    if let failing = context.failingBundle {
      conditions.set("Ready", false, reason: failing.reason, message: failing.message, at: now)
    } else {
      let message = summary.readyMessage(kind: "Bundle")
      conditions.set("Ready", message.isEmpty, message: message, at: now)
    }
    status["conditions"] = conditions.value
    return status
  }
}
