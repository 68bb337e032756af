import Document
import Fleet
import Store

/// A bundle that must be targeted anew: for every cluster, or for one.
struct BundleWork: Hashable, Sendable {
  var bundle: ObjectName
  var cluster: ObjectName?
}

/// A BundleDeployment as the catalog knows it.
struct KnownDeployment: Sendable, Hashable {
  var record: DeploymentRecord
  var revision: Revision
}

/// A Bundle without its files.
struct KnownBundle: Sendable {
  var bundle: Bundle
  var content: StoredContent?
  /// Why the stored object cannot be read; empty when it can.
  var error: String
}

/// Everything targeting looks at, in memory: clusters, groups, bundles (without files) and what is deployed where.
///
/// A value: changes go in, and out come the bundles they concern. A change of a cluster concerns each bundle for that cluster
/// alone, so its cost does not grow with the number of clusters.
struct Catalog: Sendable {
  private(set) var clusters: [ObjectName: Cluster] = [:]
  private(set) var groups: [ObjectName: ClusterGroup] = [:]
  private(set) var bundles: [ObjectName: KnownBundle] = [:]
  /// By bundle, then by deployment namespace.
  private(set) var deployments: [ObjectName: [String: KnownDeployment]] = [:]
  /// By client id, for clusters that register again.
  private(set) var clientIDs: [ObjectName: ObjectName] = [:]
  private var bundlesByNamespace: [String: Set<ObjectName>] = [:]
  private var groupsByNamespace: [String: Set<ObjectName>] = [:]
  private var clustersByNamespace: [String: Set<ObjectName>] = [:]
  private var deploymentBundles: [ObjectKey: ObjectName] = [:]
  private var revisions: [ObjectKey: Revision] = [:]
  /// What agents said last, by BundleDeployment.
  private var health: [ObjectKey: DeploymentHealth] = [:]
  /// Bundles whose rollout waits for what agents will say.
  private(set) var waiting: Set<ObjectName> = []

  /// The kinds the catalog wants to hear of, in the order in which a listing should tell them.
  static let kinds = [
    StoredKind.clusterGroups, StoredKind.clusters, StoredKind.bundles, StoredKind.bundleDeployments,
    StoredKind.deploymentStatuses,
  ]

  /// Takes in a change; what it already knows is ignored.
  mutating func apply(_ change: ObjectChange) -> Set<BundleWork> {
    if let known = revisions[change.key], known >= change.revision { return [] }
    revisions[change.key] = change.object == nil ? nil : change.revision
    let name = ObjectName(namespace: change.key.namespace, name: change.key.name)
    switch change.key.kind {
    case StoredKind.clusters: return applyCluster(name, change.object)
    case StoredKind.clusterGroups: return applyGroup(name, change.object)
    case StoredKind.bundles: return applyBundle(name, change.object)
    case StoredKind.bundleDeployments: return applyDeployment(change)
    case StoredKind.deploymentStatuses: return applyStatus(change)
    default: return []
    }
  }

  private mutating func applyCluster(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = clusters[name]
    let new = stored.flatMap { try? Cluster(ObjectRepository.document(of: $0)) }
    clusters[name] = new
    clustersByNamespace.set(name, in: name.namespace, present: new != nil)
    if let id = old?.spec.clientID, !id.isEmpty { clientIDs[ObjectName(namespace: name.namespace, name: id)] = nil }
    if let id = new?.spec.clientID, !id.isEmpty { clientIDs[ObjectName(namespace: name.namespace, name: id)] = name }
    guard old.map(TargetedFields.init) != new.map(TargetedFields.init) else { return [] }
    return Set(bundlesByNamespace[name.namespace, default: []].map { BundleWork(bundle: $0, cluster: name) })
  }

  private mutating func applyGroup(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = groups[name]
    let new = stored.flatMap { try? ClusterGroup(ObjectRepository.document(of: $0)) }
    groups[name] = new
    groupsByNamespace.set(name, in: name.namespace, present: new != nil)
    if old?.spec == new?.spec, old?.metadata.labels == new?.metadata.labels { return [] }
    return Set(bundlesByNamespace[name.namespace, default: []].map { BundleWork(bundle: $0, cluster: nil) })
  }

  private mutating func applyBundle(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = bundles[name]
    bundles[name] = stored.map(KnownBundle.init)
    bundlesByNamespace.set(name, in: name.namespace, present: stored != nil)
    let new = bundles[name]
    let same =
      old?.bundle.spec == new?.bundle.spec && old?.content == new?.content && old?.error == new?.error
      && old?.bundle.metadata.labels == new?.bundle.metadata.labels
      && old?.bundle.metadata.isDeleting == new?.bundle.metadata.isDeleting
    return same && old != nil && new != nil ? [] : [BundleWork(bundle: name, cluster: nil)]
  }

  private mutating func applyDeployment(_ change: ObjectChange) -> Set<BundleWork> {
    let namespace = change.key.namespace
    if let stored = change.object, let record = try? DeploymentRecord(decoding: stored.body, key: stored.key) {
      deploymentBundles[change.key] = record.bundle
      deployments[record.bundle, default: [:]][namespace] = KnownDeployment(record: record, revision: stored.revision)
      return []
    }
    guard let bundle = deploymentBundles.removeValue(forKey: change.key) else { return [] }
    let removed = deployments[bundle]?.removeValue(forKey: namespace)
    if deployments[bundle]?.isEmpty == true { deployments[bundle] = nil }
    // Somebody's deletion is undone where the bundle still wants the deployment, and lets a deleted bundle go where not.
    return [BundleWork(bundle: bundle, cluster: removed?.record.cluster)]
  }

  /// A status concerns a bundle only while its rollout waits.
  private mutating func applyStatus(_ change: ObjectChange) -> Set<BundleWork> {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: change.key.namespace, name: change.key.name)
    let old = health[key]
    health[key] = change.object.flatMap { try? BundleDeploymentStatus(JSON.parse($0.body)) }
      .map { DeploymentHealth(appliedID: $0.appliedDeploymentID, ready: $0.ready) }
    guard old != health[key], let bundle = deploymentBundles[key], waiting.contains(bundle) else { return [] }
    return [BundleWork(bundle: bundle, cluster: nil)]
  }

  /// What the agent of a deployment said last.
  func health(_ deployment: KnownDeployment?, namespace: String) -> DeploymentHealth {
    guard let deployment else { return DeploymentHealth() }
    return health[deployment.record.key(deploymentNamespace: namespace)] ?? DeploymentHealth()
  }

  /// Notes whether a bundle's rollout waits for statuses.
  mutating func setWaiting(_ bundle: ObjectName, _ waits: Bool) {
    if waits { waiting.insert(bundle) } else { waiting.remove(bundle) }
  }

  /// The clusters that a bundle of a namespace may be deployed to.
  func candidates(namespace: String) -> [Cluster] {
    clustersByNamespace[namespace, default: []].sorted().compactMap { clusters[$0] }
  }

  /// The groups of a namespace.
  func groups(namespace: String) -> [ClusterGroup] {
    groupsByNamespace[namespace, default: []].sorted().compactMap { groups[$0] }
  }
}

/// What of a Cluster decides what it gets.
private struct TargetedFields: Hashable {
  var labels: [String: String]
  var annotations: [String: String]
  var paused: Bool
  var templateValues: Value
  var namespace: String?
  var deleting: Bool

  init(_ cluster: Cluster) {
    labels = cluster.metadata.labels
    annotations = cluster.metadata.annotations
    paused = cluster.spec.paused
    templateValues = cluster.spec.templateValues
    namespace = cluster.clusterNamespace
    deleting = cluster.metadata.isDeleting
  }
}

extension KnownBundle {
  fileprivate init(_ stored: StoredObject) {
    do {
      let object = try ObjectRepository.document(of: stored)
      self.init(bundle: try Bundle(object), content: StoredContent(object["content"]), error: "")
    } catch {
      let metadata = ObjectMeta(name: stored.key.name, namespace: stored.key.namespace)
      self.init(bundle: Bundle(metadata: metadata, spec: BundleSpec()), content: nil, error: "\(error)")
    }
  }
}

extension Dictionary where Key == String, Value == Set<ObjectName> {
  /// Puts a name into its namespace's set or takes it out.
  fileprivate mutating func set(_ name: ObjectName, in namespace: String, present: Bool) {
    if present {
      self[namespace, default: []].insert(name)
    } else {
      self[namespace]?.remove(name)
      if self[namespace]?.isEmpty == true { self[namespace] = nil }
    }
  }
}
