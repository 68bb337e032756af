import Document
import Fleet
import Logging
import ServiceLifecycle
import Store

/// Gives every Cluster its namespace and takes it away again (fleet-behaviour §3.6, §6.4).
///
/// A Cluster's deletion ends when its BundleDeployments are gone (the bundle controller removes them) and its agent has said
/// so, or has not for ``Limits/clusterRemovalSeconds``. Then its agent's key and its namespace go, and the finalizer is released.
struct ClusterController: Service {
  static let finalizer = "fleet.cattle.io/cluster-finalizer"

  let objects: ObjectRepository
  let logger: Logger

  func run() async throws {
    let queue = WorkQueue<ObjectName>()
    let known = SettledClusters()
    let follower = StoreFollower(
      store: objects.store, kinds: [StoredKind.namespaces, StoredKind.clusters], logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.clusterWorkers, reconcile: { try await reconcile($0) },
      change: { changes in
        for change in changes {
          if let name = await known.take(change) { await queue.add(name) }
        }
      })
  }

  private func reconcile(_ name: ObjectName) async throws -> Duration? {
    let key = ObjectKey(kind: StoredKind.clusters, namespace: name.namespace, name: name.name)
    guard let cluster = try await objects.get(key) else { return nil }
    if cluster.at("metadata", "deletionTimestamp") != nil {
      let namespace = Names.clusterNamespace(registrationNamespace: name.namespace, cluster: name.name)
      return try await remove(name, cluster: cluster, key: key, namespace: namespace)
    }
    _ = try await objects.createIfAbsent(Self.namespace(of: name), kind: StoredKind.namespaces)
    let now = objects.now()
    try await objects.mutate(key) { Self.settle(&$0, name: name, at: now) }
    return nil
  }

  /// The namespace of a cluster's BundleDeployments.
  static func namespace(of cluster: ObjectName) -> Value {
    Bootstrap.namespace(
      Names.clusterNamespace(registrationNamespace: cluster.namespace, cluster: cluster.name),
      labels: [FleetLabels.managed: "true"],
      annotations: [FleetLabels.cluster: cluster.name, FleetLabels.clusterNamespace: cluster.namespace])
  }

  /// Notes on a Cluster that it has its namespace.
  static func settle(_ cluster: inout Value, name: ObjectName, at now: Timestamp) {
    cluster.addFinalizer(finalizer)
    let namespace = Names.clusterNamespace(registrationNamespace: name.namespace, cluster: name.name)
    cluster.set(.string(namespace), at: "status", "namespace")
    var conditions = Conditions(cluster.at("status", "conditions"))
    if conditions.set("Processed", true, at: now) {
      cluster.set(conditions.value, at: "status", "conditions")
    }
  }

  private func remove(
    _ name: ObjectName, cluster: Value, key: ObjectKey, namespace: String
  ) async throws -> Duration? {
    let left = try await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace, limit: 1)
    guard left.objects.isEmpty else { return Limits.removalPoll }
    let reports = try await objects.store.list(kind: StoredKind.deploymentStatuses, namespace: namespace)
    let marked = cluster.at("metadata", "deletionTimestamp")?.string.flatMap { Timestamp($0) } ?? objects.now()
    // A connected agent says of each deployment that it is off the cluster; one that is away is not waited for.
    if !reports.objects.isEmpty, objects.now().seconds - marked.seconds < Int64(Limits.clusterRemovalSeconds) {
      return Limits.removalPoll
    }
    _ = try await objects.store.commit(
      reports.objects.map { .delete($0.key) } + [
        .delete(AgentKeyRecord.key(cluster: name)),
        .delete(ObjectKey(kind: StoredKind.namespaces, namespace: "", name: namespace)),
      ])
    try await objects.mutate(key) { $0.removeFinalizer(Self.finalizer) }
    logger.info("cluster removed", metadata: ["cluster": "\(name)"])
    return nil
  }
}

/// Which clusters have all that they need, so that a status that is written on one costs no look at it.
private actor SettledClusters {
  private var namespaces: Set<String> = []
  /// Clusters by their namespaces.
  private var clusters: [String: ObjectName] = [:]

  /// The cluster that a change leaves something to do for.
  func take(_ change: ObjectChange) -> ObjectName? {
    guard change.key.kind == StoredKind.clusters else {
      guard change.object == nil else {
        namespaces.insert(change.key.name)
        return nil
      }
      namespaces.remove(change.key.name)
      return clusters[change.key.name]
    }
    let name = ObjectName(namespace: change.key.namespace, name: change.key.name)
    let namespace = Names.clusterNamespace(registrationNamespace: name.namespace, cluster: name.name)
    guard let stored = change.object, let cluster = try? ObjectRepository.document(of: stored) else {
      clusters[namespace] = nil
      return change.object == nil ? nil : name
    }
    clusters[namespace] = name
    let finalizers = cluster.at("metadata", "finalizers")?.array ?? []
    let isSettled =
      cluster.at("metadata", "deletionTimestamp") == nil && namespaces.contains(namespace)
      && finalizers.contains(.string(ClusterController.finalizer))
      && cluster.at("status", "namespace")?.string == namespace
      && Conditions(cluster.at("status", "conditions"))["Processed"]?.isTrue == true
    return isSettled ? nil : name
  }
}
