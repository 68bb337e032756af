import Document

/// The status of one Cluster's deployments, kept by differences (fleet-behaviour §5.13).
public struct ClusterCounter: Sendable, Hashable {
  private struct PerRepo: Sendable, Hashable {
    var ready = 0
    var all = 0
  }

  private var summaries = SummaryCounter()
  private var repos: [String: PerRepo] = [:]
  private var counts = ResourceCounts()

  /// A cluster without deployments.
  public init() {}

  /// Counts a deployment.
  public mutating func add(_ report: DeploymentReport) {
    summaries.add(report.entry(named: report.bundle), key: report.bundleKey)
    counts += report.resourceCounts
    change(report, by: 1)
  }

  /// Takes a deployment away that was counted.
  public mutating func remove(_ report: DeploymentReport) {
    summaries.remove(report.state, key: report.bundleKey)
    counts -= report.resourceCounts
    change(report, by: -1)
  }

  private mutating func change(_ report: DeploymentReport, by step: Int) {
    guard !report.repo.isEmpty else { return }
    let key = "\(report.bundleNamespace)/\(report.repo)"
    var repo = repos[key] ?? PerRepo()
    repo.all += step
    if report.state == .ready { repo.ready += step }
    repos[key] = repo.all > 0 ? repo : nil
  }

  /// The summary.
  public var summary: BundleSummary { summaries.summary }
  /// How many objects are in which state.
  public var resourceCounts: ResourceCounts { counts }

  /// What the cluster contributes to its groups.
  public func contribution(name: String, offlineSince: String = "") -> ClusterContribution {
    ClusterContribution(name: name, summary: summary, resourceCounts: counts, offlineSince: offlineSince)
  }

  /// The Cluster's status. A GitRepo counts as ready when all of its bundles on the cluster are.
  ///
  /// - Parameters:
  ///   - previous: the status so far; what does not change in it stays, times included.
  ///   - lastSeen: when the agent was last heard of; nil before the first time.
  ///   - offlineSince: when the agent was last heard of, where it is offline now; empty while it is connected.
  ///   - notes: further items of the Ready message.
  public func status(
    previous: Value, lastSeen: Timestamp?, offlineSince: String = "", notes: [String] = [], at now: Timestamp
  ) -> Value {
    let summary = summary
    var status = previous.object == nil ? [:] : previous
    status["summary"] = summary.value
    status["resourceCounts"] = counts.value
    status["readyGitRepos"] = .integer(Int64(repos.values.count { $0.ready == $0.all }))
    status["desiredReadyGitRepos"] = .integer(Int64(repos.count))
    var display = FieldWriter()
    display.set("readyBundles", summary.display)
    let state = offlineSince.isEmpty ? summary.counts.worst?.rawValue ?? "" : "Offline"
    display.set("state", lastSeen == nil ? "WaitCheckIn" : state)
    status["display"] = display.value
    if let lastSeen { status.set(.string(lastSeen.description), at: "agent", "lastSeen") }
    var conditions = Conditions(status["conditions"])
    let offline = offlineSince.isEmpty ? [] : ["Offline since \(offlineSince)"]
    let message = summary.readyMessage(kind: "Bundle", adding: offline + notes)
    conditions.set("Ready", message.isEmpty, message: message, at: now)
    status["conditions"] = conditions.value
    return status
  }
}

/// The clusters among a status's deployments whose agents are offline.
struct OfflineClusters: Sendable, Hashable {
  private var since = SortedEntries<String>()

  /// Notes when a cluster went offline; empty when it is connected, or counts no more.
  mutating func set(_ cluster: String, since time: String) {
    if time.isEmpty { since.remove(cluster) } else { since.set(cluster, time) }
  }

  /// What a Ready message says of them: how many they are, and the first.
  var items: [String] {
    since.prefix(1).map { "Offline(\(since.count)) [Cluster \($0.key): since \($0.value)]" }
  }
}

/// What one cluster contributes to the status of its groups.
public struct ClusterContribution: Sendable, Hashable {
  /// The cluster's name.
  public var name: String
  /// The cluster's summary.
  public var summary: BundleSummary
  /// The cluster's objects.
  public var resourceCounts: ResourceCounts
  /// When the cluster's agent was last heard of, where it is offline now; empty while it is connected.
  public var offlineSince: String

  /// A contribution.
  public init(name: String, summary: BundleSummary, resourceCounts: ResourceCounts, offlineSince: String = "") {
    self.offlineSince = offlineSince
    self.name = name
    self.summary = summary
    self.resourceCounts = resourceCounts
  }

  var isReady: Bool { summary.counts.nonReady == 0 && offlineSince.isEmpty }
}

/// The status of one ClusterGroup, kept by differences (fleet-behaviour §1.6, §5.13).
public struct ClusterGroupCounter: Sendable, Hashable {
  private var clusters = 0
  private var counts = StateCounts()
  private var resources = ResourceCounts()
  private var nonReady = SortedEntries<[NonReadyResource]>()
  private var offline = OfflineClusters()

  /// A group without clusters.
  public init() {}

  /// Counts a cluster.
  public mutating func add(_ cluster: ClusterContribution) {
    clusters += 1
    counts += cluster.summary.counts
    resources += cluster.resourceCounts
    if !cluster.isReady { nonReady.set(cluster.name, cluster.summary.nonReadyResources) }
    offline.set(cluster.name, since: cluster.offlineSince)
  }

  /// Takes a cluster away that was counted.
  public mutating func remove(_ cluster: ClusterContribution) {
    clusters -= 1
    counts -= cluster.summary.counts
    resources -= cluster.resourceCounts
    nonReady.remove(cluster.name)
    offline.set(cluster.name, since: "")
  }

  /// The summary: the sums, and the first entries of the first clusters that are not ready.
  public var summary: BundleSummary {
    let entries = nonReady.prefix(Limits.statusEntries).flatMap(\.value)
    return BundleSummary(counts: counts, nonReadyResources: Array(entries.prefix(Limits.statusEntries)))
  }

  /// The ClusterGroup's status.
  public func status(previous: Value, at now: Timestamp) -> Value {
    let summary = summary
    let names = nonReady.prefix(Limits.statusEntries).map(\.key)
    var status = previous.object == nil ? [:] : previous
    status["clusterCount"] = .integer(Int64(clusters))
    status["nonReadyClusterCount"] = .integer(Int64(nonReady.count))
    status["nonReadyClusters"] = names.isEmpty ? nil : Value(names)
    status["summary"] = summary.value
    status["resourceCounts"] = resources.value
    var display = FieldWriter()
    let ready = "\(clusters - nonReady.count)/\(clusters)"
    display.set("readyClusters", names.isEmpty ? ready : "\(ready) (\(names.joined(separator: ",")))")
    display.set("readyBundles", summary.display)
    display.set("state", counts.worst?.rawValue ?? (offline.items.isEmpty ? "" : "Offline"))
    status["display"] = display.value
    var conditions = Conditions(status["conditions"])
    let message = summary.readyMessage(kind: "Bundle", adding: offline.items)
    conditions.set("Ready", message.isEmpty, message: message, at: now)
    status["conditions"] = conditions.value
    return status
  }
}
