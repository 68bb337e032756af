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
    let follower = StoreFollower(store: objects.store, kinds: [StoredKind.clusters], logger: logger)
    try await runController(
      follower, queue: queue, workers: 2, reconcile: { try await reconcile($0) },
      change: { changes in
        for change in changes { await queue.add(ObjectName(namespace: change.key.namespace, name: change.key.name)) }
      })
  }

  private func reconcile(_ name: ObjectName) async throws -> Duration? {
    let key = ObjectKey(kind: StoredKind.clusters, namespace: name.namespace, name: name.name)
    guard let cluster = try await objects.get(key) else { return nil }
    let namespace = Names.clusterNamespace(registrationNamespace: name.namespace, cluster: name.name)
    if cluster.at("metadata", "deletionTimestamp") != nil {
      return try await remove(name, cluster: cluster, key: key, namespace: namespace)
    }
    let made = Bootstrap.namespace(
      namespace, labels: [FleetLabels.managed: "true"],
      annotations: [FleetLabels.cluster: name.name, FleetLabels.clusterNamespace: name.namespace])
    _ = try await objects.createIfAbsent(made, kind: StoredKind.namespaces)
    let now = objects.now()
    try await objects.mutate(key) { cluster in
      cluster.addFinalizer(Self.finalizer)
      cluster.set(.string(namespace), at: "status", "namespace")
      var conditions = Conditions(cluster.at("status", "conditions"))
      if conditions.set("Processed", true, at: now) {
        cluster.set(conditions.value, at: "status", "conditions")
      }
    }
    return nil
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
