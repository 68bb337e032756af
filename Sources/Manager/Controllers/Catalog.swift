import Document
import Fleet
import Store

/// A bundle that must be targeted anew: for every cluster, or for one.
struct BundleWork: Hashable, Sendable {
  var bundle: ObjectName
  var cluster: ObjectName?
}

/// A BundleDeployment as the catalog knows it. A class, because each evaluation of a bundle hands on all of its own.
final class KnownDeployment: Sendable {
  let record: DeploymentRecord
  let revision: Revision

  init(record: DeploymentRecord, revision: Revision) {
    self.record = record
    self.revision = revision
  }
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
/// A value: changes go in, and out come the bundles they concern. A change of a cluster concerns that cluster alone, and
/// those bundles of which it gets something else than before; the indexes find them, so that the cost grows neither with the
/// number of clusters nor with the number of bundles.
struct Catalog: Sendable {
  private(set) var clusters: [ObjectName: KnownCluster] = [:]
  private(set) var groups: [ObjectName: ClusterGroup] = [:]
  private(set) var bundles: [ObjectName: KnownBundle] = [:]
  /// By bundle, then by deployment namespace.
  private(set) var deployments: [ObjectName: [String: KnownDeployment]] = [:]
  /// By client id, for clusters that register again.
  private(set) var clientIDs: [ObjectName: ObjectName] = [:]
  private var groupsByNamespace: [String: Set<ObjectName>] = [:]
  /// By the namespace of clusters: the groups there, and the bundles that may go there.
  private var indexes: [String: TargetIndex<ObjectName>] = [:]
  private var clustersByNamespace: [String: Set<ObjectName>] = [:]
  /// Helm values that were cut out of bundles.
  private(set) var values: [ObjectName: BundleValues] = [:]
  private var reach = BundleReach()
  private var sources = DownstreamSources()
  private var deploymentBundles: [ObjectKey: ObjectName] = [:]
  private var revisions: [ObjectKey: Revision] = [:]
  /// What agents said last, by BundleDeployment.
  private var health: [ObjectKey: DeploymentHealth] = [:]
  /// Why a rollout waits for what agents will say.
  enum Waiting: Sendable {
    /// Deployments are made or released when others are ready.
    case forRelease
    /// All are released, and the bundle shows how many are ready.
    case forNumbers
  }

  /// Bundles whose rollout waits for what agents will say.
  private(set) var waiting: [ObjectName: Waiting] = [:]

  /// The kinds the catalog wants to hear of, in the order in which a listing should tell them.
  static let kinds = [
    StoredKind.namespaces, StoredKind.bundleNamespaceMappings, StoredKind.clusterGroups, StoredKind.clusters,
    StoredKind.secrets, StoredKind.configMaps, StoredKind.bundles, StoredKind.bundleDeployments,
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
    case StoredKind.secrets: return applySecret(name, change.object).union(copying(change.key))
    case StoredKind.configMaps: return copying(change.key)
    case StoredKind.namespaces: return applyNamespace(name.name, change.object)
    case StoredKind.bundleNamespaceMappings: return applyMapping(name, change.object)
    case StoredKind.bundleDeployments: return applyDeployment(change)
    case StoredKind.deploymentStatuses: return applyStatus(change)
    default: return []
    }
  }

  private mutating func applyCluster(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = clusters[name]
    let new = stored.flatMap { try? Cluster(ObjectRepository.document(of: $0)) }.map(KnownCluster.init)
    clusters[name] = new
    clustersByNamespace.set(name, in: name.namespace, present: new != nil)
    if let id = old?.clientID, !id.isEmpty { clientIDs[ObjectName(namespace: name.namespace, name: id)] = nil }
    if let id = new?.clientID, !id.isEmpty { clientIDs[ObjectName(namespace: name.namespace, name: id)] = name }
    return work(on: name, from: old?.effectiveTarget, to: new?.effectiveTarget)
  }

  private func work(on name: ObjectName, from old: TargetCluster?, to new: TargetCluster?) -> Set<BundleWork> {
    let changes = indexes[name.namespace]?.changes(from: old, to: new) ?? []
    var concerned = Set(changes.map(\.bundle))
    if let old, old.clusterNamespace != new?.clusterNamespace {
      // What is deployed must go, also where it was not wanted any more.
      concerned.formUnion(deployments.lazy.filter { $0.value[old.clusterNamespace] != nil }.map(\.key))
    }
    return Set(concerned.map { BundleWork(bundle: $0, cluster: name) })
  }

  private mutating func applyGroup(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let new = stored.flatMap { try? ClusterGroup(ObjectRepository.document(of: $0)) }
    groups[name] = new
    groupsByNamespace.set(name, in: name.namespace, present: new != nil)
    let concerned = indexes[name.namespace, default: TargetIndex()].set(group: name.name, to: new.map(TargetGroup.init))
    return Set(concerned.map { BundleWork(bundle: $0, cluster: nil) })
  }

  private mutating func applyBundle(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = bundles[name]
    bundles[name] = stored.map(KnownBundle.init)
    let new = bundles[name]
    let oldReach = reach.namespaces(of: name)
    if old?.bundle.spec != new?.bundle.spec { sources.set(name, to: new?.bundle.spec) }
    reach.set(name, labels: new?.bundle.metadata.labels)
    if old?.bundle.spec != new?.bundle.spec || oldReach != reach.namespaces(of: name) {
      index(name, formerly: oldReach)
    }
    let same =
      old?.bundle.spec == new?.bundle.spec && old?.content == new?.content && old?.error == new?.error
      && old?.bundle.metadata.labels == new?.bundle.metadata.labels
      && old?.bundle.metadata.isDeleting == new?.bundle.metadata.isDeleting
    return same && old != nil && new != nil ? [] : [BundleWork(bundle: name, cluster: nil)]
  }

  /// Files a bundle under the namespaces that its clusters may come from.
  private mutating func index(_ bundle: ObjectName, formerly old: Set<String>) {
    let new = reach.namespaces(of: bundle)
    let spec = completeSpec(of: bundle)
    for namespace in old.subtracting(new) { indexes[namespace]?.set(bundle, to: nil) }
    for namespace in new { indexes[namespace, default: TargetIndex()].set(bundle, to: spec) }
  }

  /// What a bundle wants, with its values as far as they are known: without them, every label might be in its templates.
  private func completeSpec(of name: ObjectName) -> BundleSpec? {
    guard let bundle = bundles[name]?.bundle else { return nil }
    guard !bundle.spec.valuesHash.isEmpty, let values = values[name] else { return bundle.spec }
    return (try? values.restore(bundle))?.spec ?? bundle.spec
  }

  private mutating func applyNamespace(_ name: String, _ stored: StoredObject?) -> Set<BundleWork> {
    let object = stored.flatMap { try? ObjectRepository.document(of: $0) }
    return reaching { $0.set(namespace: name, labels: object.map { $0.at("metadata", "labels")?.stringMap ?? [:] }) }
  }

  private mutating func applyMapping(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let mapping = stored.flatMap { try? NamespaceMapping(ObjectRepository.document(of: $0)) }
    return reaching { $0.set(mapping: name, to: mapping) }
  }

  private mutating func reaching(
    _ change: (inout BundleReach) -> [ObjectName: Set<String>]
  ) -> Set<BundleWork> {
    let concerned = change(&reach)
    for (bundle, formerly) in concerned { index(bundle, formerly: formerly) }
    return Set(concerned.keys.map { BundleWork(bundle: $0, cluster: nil) })
  }

  /// Values that were cut out of a bundle lie in a Secret of its name.
  private mutating func applySecret(_ name: ObjectName, _ stored: StoredObject?) -> Set<BundleWork> {
    let old = values[name]
    values[name] = stored.flatMap { try? BundleValues(secret: ObjectRepository.document(of: $0)) }
    guard old != values[name], bundles[name] != nil else { return [] }
    index(name, formerly: reach.namespaces(of: name))
    return [BundleWork(bundle: name, cluster: nil)]
  }

  /// What a bundle copies downstream has changed.
  private func copying(_ key: ObjectKey) -> Set<BundleWork> {
    Set(sources.users(of: key).map { BundleWork(bundle: $0, cluster: nil) })
  }

  private mutating func applyDeployment(_ change: ObjectChange) -> Set<BundleWork> {
    let namespace = change.key.namespace
    if let stored = change.object, let record = try? DeploymentRecord(stored) {
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
    health[key] = change.object.flatMap { try? BundleDeploymentStatus(reported: $0) }
      .map { DeploymentHealth(appliedID: $0.appliedDeploymentID, ready: $0.ready) }
    guard old != health[key], let bundle = deploymentBundles[key], waiting[bundle] != nil else { return [] }
    return [BundleWork(bundle: bundle, cluster: nil)]
  }

  /// What is deployed of a bundle, by deployment namespace; with a cluster, what is deployed to that one alone.
  func deployments(of bundle: ObjectName, on cluster: ObjectName?) -> [String: KnownDeployment] {
    let all = deployments[bundle] ?? [:]
    guard let cluster else { return all }
    guard let known = clusters[cluster] else { return all.filter { $0.value.record.cluster == cluster } }
    let expected = Names.clusterNamespace(registrationNamespace: cluster.namespace, cluster: cluster.name)
    let namespaces: Set = [known.namespace, expected]
    return Dictionary(
      uniqueKeysWithValues: namespaces.compactMap { namespace in
        all[namespace].flatMap { $0.record.cluster == cluster ? (namespace, $0) : nil }
      })
  }

  /// The newest revision of an object that was seen; nil for one that is not there.
  func revision(of key: ObjectKey) -> Revision? { revisions[key] }

  /// Notes whether a bundle's rollout waits for statuses.
  mutating func setWaiting(_ bundle: ObjectName, _ reason: Waiting?) { waiting[bundle] = reason }

  /// The clusters that a bundle may be deployed to, in order of their names.
  func candidates(for bundle: ObjectName) -> [KnownCluster] {
    let names = reach.namespaces(of: bundle).flatMap { clustersByNamespace[$0, default: []] }
    return names.sorted { ($0.name, $0.namespace) < ($1.name, $1.namespace) }.compactMap { clusters[$0] }
  }

  /// The groups that those clusters may be in.
  func groups(for bundle: ObjectName) -> [ClusterGroup] {
    let names = reach.namespaces(of: bundle).flatMap { groupsByNamespace[$0, default: []] }
    return names.sorted().compactMap { groups[$0] }
  }

  /// Those clusters with what each has of the bundle.
  func candidates(
    for bundle: ObjectName, existing: [String: KnownDeployment]
  ) -> [DeploymentWriter.Candidate] {
    candidates(for: bundle).map { candidate($0, existing[$0.namespace], of: bundle) }
  }

  /// A cluster with what it has of a bundle, what its agent said last of that, and the other bundle that has the place of it: names
  /// are all that tells deployments of a cluster apart, and mappings let bundles of several namespaces meet.
  func candidate(
    _ cluster: KnownCluster, _ existing: KnownDeployment?, of bundle: ObjectName
  ) -> DeploymentWriter.Candidate {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: cluster.namespace, name: bundle.name)
    let holder = deploymentBundles[key]
    return DeploymentWriter.Candidate(
      cluster: cluster, existing: existing,
      health: existing == nil ? DeploymentHealth() : health[key] ?? DeploymentHealth(),
      occupant: holder == bundle ? nil : holder)
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
