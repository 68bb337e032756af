import Document
import Fleet
import Store

/// An object whose status sums up deployments.
enum SummaryKey: Hashable, Sendable {
  case bundle(ObjectName)
  case gitRepo(ObjectName)
  case cluster(ObjectName)
  case clusterGroup(ObjectName)
  /// None, but a deployment that has changed and is to be counted: what it changes of those above is not known before.
  case deployment(ObjectKey)
}

/// The counters behind Bundle, GitRepo, Cluster and ClusterGroup statuses, kept by differences (fleet-behaviour §5.13): one
/// changed deployment costs the same among ten and among a hundred thousand.
///
/// A value: changes of stored objects go in, and out come the objects whose status may have changed.
struct SummaryModel: Sendable {
  /// What is counted of one deployment.
  private struct Counted: Sendable {
    var record: DeploymentRecord?
    /// What the agent reported last, as stored: what that says is short in a report and long in a status.
    var reported: [UInt8]?
    var report: DeploymentReport?
    /// The status, from when it came until it is counted.
    var news: BundleDeploymentStatus?

    func view(_ record: DeploymentRecord) -> DeploymentView {
      DeploymentView(record: record, status: news ?? reported.flatMap { BundleDeploymentStatus(reported: $0) })
    }
  }

  /// What of a Bundle matters to its GitRepo.
  struct BundleFacts: Sendable, Hashable {
    var repo: String
    var uid: String
    /// The bundle's Ready condition where it is False.
    var failing: Condition?
    /// The newest spec has not reached the deployments yet.
    var unsettled: Bool
  }

  /// What of a Cluster matters to its groups.
  private struct ClusterFacts: Sendable {
    var labels: [String: String]
    /// When its agent was last heard of, where that is offline now.
    var offlineSince = ""
    var groups: Set<ObjectName> = []
    var contribution: ClusterContribution?
  }

  private var deployments: [ObjectKey: Counted] = [:]
  private var revisions: [ObjectKey: Revision] = [:]
  private var bundleFacts: [ObjectName: BundleFacts] = [:]
  private var clusterFacts: [ObjectName: ClusterFacts] = [:]
  private var groupSelectors: [ObjectName: SelectorSpec?] = [:]
  private var bundles: [ObjectName: BundleCounter] = [:]
  private var repos: [ObjectName: GitRepoCounter] = [:]
  private var repoBundles: [ObjectName: Set<ObjectName>] = [:]
  private var repoDeployments: [ObjectName: Set<ObjectKey>] = [:]
  private var clusterDeployments: [ObjectName: Set<ObjectKey>] = [:]
  private var clusters: [ObjectName: ClusterCounter] = [:]
  private var groups: [ObjectName: ClusterGroupCounter] = [:]

  /// The kinds the model wants to hear of, in the order in which a listing should tell them.
  static let kinds = [
    StoredKind.clusterGroups, StoredKind.clusters, StoredKind.bundles, StoredKind.gitRepos,
    StoredKind.bundleDeployments, StoredKind.deploymentStatuses,
  ]

  /// Takes in a change; what it already knows is ignored. A deployment that changed is named, and counted by ``count(_:)``: several
  /// changes that come together are counted as one.
  mutating func note(_ change: ObjectChange) -> Set<SummaryKey> {
    if let known = revisions[change.key], known >= change.revision { return [] }
    revisions[change.key] = change.object == nil ? nil : change.revision
    let name = ObjectName(namespace: change.key.namespace, name: change.key.name)
    switch change.key.kind {
    case StoredKind.bundleDeployments:
      deployments[change.key, default: Counted()].record = change.object.flatMap { try? DeploymentRecord($0) }
      return [.deployment(change.key)]
    case StoredKind.deploymentStatuses:
      let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: change.key.namespace, name: change.key.name)
      deployments[key, default: Counted()].reported = change.object?.body
      deployments[key]?.news = change.object.flatMap { try? BundleDeploymentStatus(reported: $0) }
      return [.deployment(key)]
    case StoredKind.bundles: return applyBundle(name, change.object)
    case StoredKind.gitRepos: return change.object == nil ? [] : [.gitRepo(name)]
    case StoredKind.clusters: return applyCluster(name, change.object)
    case StoredKind.clusterGroups: return applyGroup(name, change.object)
    default: return []
    }
  }

  /// Counts a deployment as it is now.
  mutating func count(_ key: ObjectKey) -> Set<SummaryKey> {
    guard var counted = deployments[key] else { return [] }
    let old = counted.report
    counted.report = counted.record.map { record in
      let repo = bundleFacts[record.bundle]?.repo ?? ""
      var report = counted.view(record).report(repo: repo)
      report.offlineSince = clusterFacts[record.cluster]?.offlineSince ?? ""
      return report
    }
    counted.news = nil
    let gone = counted.record == nil && counted.reported == nil
    deployments[key] = gone ? nil : counted
    guard old != counted.report else { return [] }
    var touched: Set<SummaryKey> = []
    if let old { count(old, key: key, add: false, into: &touched) }
    if let new = counted.report { count(new, key: key, add: true, into: &touched) }
    return touched
  }

  private mutating func count(
    _ report: DeploymentReport, key: ObjectKey, add: Bool, into touched: inout Set<SummaryKey>
  ) {
    let bundle = ObjectName(namespace: report.bundleNamespace, name: report.bundle)
    let cluster = ObjectName(namespace: report.registrationNamespace, name: report.cluster)
    bundles[bundle, default: BundleCounter()].count(report, add: add)
    touched.insert(.bundle(bundle))
    if !report.repo.isEmpty {
      let repo = ObjectName(namespace: report.bundleNamespace, name: report.repo)
      repos[repo, default: GitRepoCounter()].count(report, add: add)
      if add {
        repoDeployments[repo, default: []].insert(key)
      } else {
        repoDeployments[repo]?.remove(key)
      }
      touched.insert(.gitRepo(repo))
    }
    clusters[cluster, default: ClusterCounter()].count(report, add: add)
    if add {
      clusterDeployments[cluster, default: []].insert(key)
    } else {
      clusterDeployments[cluster]?.remove(key)
      if clusterDeployments[cluster]?.isEmpty == true { clusterDeployments[cluster] = nil }
    }
    touched.insert(.cluster(cluster))
    touched.formUnion(contribute(cluster))
    if !add {
      forgetIfGone(bundle: bundle)
      forgetIfGone(cluster: cluster)
    }
  }

  /// A counter stays until the last deployment is counted out, which may be after its Bundle's end was seen.
  private mutating func forgetIfGone(bundle: ObjectName) {
    if bundleFacts[bundle] == nil, bundles[bundle]?.counts.total == 0 { bundles[bundle] = nil }
  }

  private mutating func forgetIfGone(cluster: ObjectName) {
    if clusterFacts[cluster] == nil, clusterDeployments[cluster] == nil { clusters[cluster] = nil }
  }

  /// Brings a cluster's groups to what the cluster counts now.
  private mutating func contribute(_ cluster: ObjectName) -> Set<SummaryKey> {
    guard var facts = clusterFacts[cluster] else { return [] }
    let new = clusters[cluster, default: ClusterCounter()].contribution(
      name: cluster.name, offlineSince: facts.offlineSince)
    guard new != facts.contribution else { return [] }
    for group in facts.groups {
      if let old = facts.contribution { groups[group]?.remove(old) }
      groups[group, default: ClusterGroupCounter()].add(new)
    }
    facts.contribution = new
    clusterFacts[cluster] = facts
    return Set(facts.groups.map(SummaryKey.clusterGroup))
  }

  private mutating func applyBundle(_ name: ObjectName, _ stored: StoredObject?) -> Set<SummaryKey> {
    let old = bundleFacts[name]
    let new = stored.flatMap { BundleFacts($0) }
    bundleFacts[name] = new
    var touched: Set<SummaryKey> = []
    for (repo, present) in [(old?.repo, false), (new?.repo, true)] {
      guard let repo, !repo.isEmpty else { continue }
      let key = ObjectName(namespace: name.namespace, name: repo)
      if present { repoBundles[key, default: []].insert(name) } else { repoBundles[key]?.remove(name) }
      if old != new { touched.insert(.gitRepo(key)) }
    }
    if stored == nil {
      forgetIfGone(bundle: name)
    } else {
      touched.insert(.bundle(name))
    }
    if let old, old.repo != new?.repo {
      for (key, counted) in deployments where counted.record?.bundle == name {
        touched.formUnion(count(key))
      }
    }
    return touched
  }

  private mutating func applyCluster(_ name: ObjectName, _ stored: StoredObject?) -> Set<SummaryKey> {
    let object = stored.flatMap { try? ObjectRepository.document(of: $0) }
    let labels = object?.at("metadata", "labels")?.stringMap ?? [:]
    let offlineSince = object.map { AgentConnection.offlineSince(in: $0["status"]) } ?? ""
    var facts = clusterFacts[name] ?? ClusterFacts(labels: labels)
    let isNews = facts.offlineSince != offlineSince
    facts.labels = labels
    facts.offlineSince = offlineSince
    let member = stored == nil ? [] : Set(groupSelectors.filter { Self.contains($0.key, $0.value, name, labels) }.keys)
    let touched = move(name, &facts, to: member)
    clusterFacts[name] = stored == nil ? nil : facts
    if stored == nil {
      forgetIfGone(cluster: name)
      return touched
    }
    let own = touched.union(contribute(name)).union([.cluster(name)])
    guard isNews else { return own }
    return clusterDeployments[name, default: []].reduce(into: own) { $0.formUnion(count($1)) }
  }

  private mutating func applyGroup(_ name: ObjectName, _ stored: StoredObject?) -> Set<SummaryKey> {
    guard let stored, let group = try? ClusterGroup(ObjectRepository.document(of: stored)) else {
      groupSelectors[name] = nil
      groups[name] = nil
      for cluster in clusterFacts.keys { clusterFacts[cluster]?.groups.remove(name) }
      return []
    }
    guard groupSelectors[name] != .some(group.spec.selector) else { return [.clusterGroup(name)] }
    groupSelectors[name] = .some(group.spec.selector)
    for cluster in Array(clusterFacts.keys) where cluster.namespace == name.namespace {
      guard var facts = clusterFacts[cluster] else { continue }
      var member = facts.groups
      if Self.contains(name, group.spec.selector, cluster, facts.labels) {
        member.insert(name)
      } else {
        member.remove(name)
      }
      _ = move(cluster, &facts, to: member)
      clusterFacts[cluster] = facts
    }
    return [.clusterGroup(name)]
  }

  private static func contains(
    _ group: ObjectName, _ selector: SelectorSpec?, _ cluster: ObjectName, _ labels: [String: String]
  ) -> Bool {
    group.namespace == cluster.namespace && (selector?.matches(labels) ?? false)
  }

  /// Takes a cluster out of the groups it left and puts it into those it joined.
  private mutating func move(
    _ cluster: ObjectName, _ facts: inout ClusterFacts, to member: Set<ObjectName>
  ) -> Set<SummaryKey> {
    let left = facts.groups.subtracting(member)
    let joined = member.subtracting(facts.groups)
    let contribution =
      facts.contribution
      ?? clusters[cluster, default: ClusterCounter()].contribution(
        name: cluster.name, offlineSince: facts.offlineSince)
    for group in left { groups[group]?.remove(contribution) }
    for group in joined { groups[group, default: ClusterGroupCounter()].add(contribution) }
    facts.groups = member
    facts.contribution = contribution
    return Set(left.union(joined).map(SummaryKey.clusterGroup))
  }

  // What the statuses are made of.

  /// The counter of a Bundle.
  func bundle(_ name: ObjectName) -> BundleCounter { bundles[name] ?? BundleCounter() }
  /// The counter of a Cluster.
  func cluster(_ name: ObjectName) -> ClusterCounter { clusters[name] ?? ClusterCounter() }
  /// The counter of a ClusterGroup.
  func group(_ name: ObjectName) -> ClusterGroupCounter { groups[name] ?? ClusterGroupCounter() }
  /// The counter of a GitRepo, and the Ready condition of its first bundle that is not ready, by UID.
  func repo(_ name: ObjectName) -> (counter: GitRepoCounter, failing: Condition?) {
    let facts = repoBundles[name, default: []].compactMap { bundle in bundleFacts[bundle].map { (bundle, $0) } }
    var failing = facts.filter { $0.1.failing != nil }.min { $0.1.uid < $1.1.uid }?.1.failing
    if failing == nil, let unsettled = facts.filter({ $0.1.unsettled }).map(\.0.name).min() {
      failing = Condition("Ready", false, message: "Pending [Bundle \(unsettled)]")
    }
    return (repos[name] ?? GitRepoCounter(), failing)
  }
  /// The deployments of a GitRepo with their last statuses, in order of their clusters.
  func views(ofRepo name: ObjectName) -> [DeploymentView] {
    repoDeployments[name, default: []].compactMap { key in
      guard let counted = deployments[key], let record = counted.record else { return nil }
      return counted.view(record)
    }.sorted { $0.record.cluster < $1.record.cluster }
  }
  /// How many deployments the bundle of one has, if that one was counted as waiting for its agent; nil where it was not.
  func awaitsAnswer(_ key: ObjectKey) -> Int? {
    guard let report = deployments[key]?.report, report.state == .waitApplied else { return nil }
    return bundles[ObjectName(namespace: report.bundleNamespace, name: report.bundle)]?.counts.total
  }
  /// How many deployments a GitRepo has.
  func deploymentCount(ofRepo name: ObjectName) -> Int { repoDeployments[name]?.count ?? 0 }
}

extension SummaryModel.BundleFacts {
  init?(_ stored: StoredObject) {
    guard let object = try? ObjectRepository.document(of: stored) else { return nil }
    repo = object.at("metadata", "labels", FleetLabels.repoName)?.string ?? ""
    uid = object.at("metadata", "uid")?.string ?? ""
    failing = Conditions(object.at("status", "conditions"))["Ready"].flatMap { $0.isFalse ? $0 : nil }
    failing?.lastUpdateTime = ""
    failing?.lastTransitionTime = ""
    unsettled = object.isUnsettledBundle
  }
}

extension Value {
  /// Whether a Bundle's newest spec has not been turned into deployments yet.
  var isUnsettledBundle: Bool {
    at("metadata", "generation")?.integer ?? 0 != at("status", "observedGeneration")?.integer ?? 0
  }
}

extension DeploymentView {
  /// What the deployment contributes to the statuses above it.
  func report(repo: String) -> DeploymentReport {
    DeploymentReport(
      registrationNamespace: record.cluster.namespace, cluster: record.cluster.name,
      bundleNamespace: record.bundle.namespace, bundle: record.bundle.name, repo: repo, state: state, message: message,
      modifiedStatus: status.modifiedStatus, nonReadyStatus: status.nonReadyStatus,
      resourceCounts: status.resourceCounts)
  }
}

/// A counter that a deployment's report is added to or taken away from.
protocol ReportCounter {
  mutating func add(_ report: DeploymentReport)
  mutating func remove(_ report: DeploymentReport)
}

extension ReportCounter {
  mutating func count(_ report: DeploymentReport, add isAdded: Bool) {
    if isAdded { add(report) } else { remove(report) }
  }
}

extension BundleCounter: ReportCounter {}
extension GitRepoCounter: ReportCounter {}
extension ClusterCounter: ReportCounter {}
