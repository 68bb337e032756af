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
  /// Told of keys that are revoked, trusted again, or forgotten.
  let admissions: KeyAdmissions
  /// Asks a cluster's agent to change its key.
  var rotateKey: @Sendable (ObjectName) async -> KeyRotation.Answer = { _ in .away }
  let logger: Logger

  func run() async throws {
    let queue = WorkQueue<ObjectName>()
    let known = SettledClusters()
    let follower = StoreFollower(
      store: objects.store, kinds: [StoredKind.namespaces, StoredKind.clusters, StoredKind.agentKeys], logger: logger)
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
    try await settleKeys(of: name, cluster: cluster)
    let settled = try await objects.mutate(key) { Self.settle(&$0, name: name, at: now) }
    // Somebody may have changed their mind while the keys were written; the Cluster then shows what is not so yet.
    if let settled, (Revocation.reason(settled) == nil) != (Revocation.reason(cluster) == nil) { return .zero }
    guard KeyRotation.isWanted(cluster), Revocation.reason(cluster) == nil else { return nil }
    // Whoever makes the agent's new key its key takes the wish off.
    guard case .impossible(let reason) = await rotateKey(name) else { return Limits.keyRotationRetry }
    try await objects.mutate(key) { KeyRotation.done(in: &$0) }
    try await EventRecorder(objects: objects).record(.warning, "AgentKeyNotRotated", reason, about: cluster)
    return nil
  }

  /// Makes the agent's keys refused, or good again, as the Cluster says. Its connection is cut with that.
  private func settleKeys(of name: ObjectName, cluster: Value) async throws {
    let reason = Revocation.reason(cluster)
    let key = AgentKeyRecord.key(cluster: name)
    guard let stored = try await objects.store.get(key), var record = AgentKeyRecord(decoding: stored),
      record.revoked.isEmpty == (reason != nil)
    else { return }
    record.revoked = reason == nil ? "" : objects.now().description
    let writes = [Write.put(key, record.encoded(), if: .revision(stored.revision))]
    admissions.committed(writes, try await objects.store.commit(writes))
    logger.notice(
      reason == nil ? "an agent is trusted again" : "an agent is revoked, and its connection cut",
      metadata: ["cluster": "\(name)", "key": "\(record.publicKey.base64URL)"])
    try await EventRecorder(objects: objects).record(
      reason == nil ? .normal : .warning, reason == nil ? "AgentTrusted" : "AgentRevoked",
      reason.map { "the agent's keys are refused: \($0)" } ?? "the agent's keys are good again", about: cluster)
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
    Revocation.note(in: &cluster, at: now)
  }

  private func remove(
    _ name: ObjectName, cluster: Value, key: ObjectKey, namespace: String
  ) async throws -> Duration? {
    let left = try await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace, limit: 1)
    guard left.objects.isEmpty else { return Limits.removalPoll }
    let reports = try await objects.store.list(kind: StoredKind.deploymentStatuses, namespace: namespace)
    let refusals = try await objects.store.list(kind: StoredKind.refusals, namespace: namespace)
    let marked = cluster.at("metadata", "deletionTimestamp")?.string.flatMap { Timestamp($0) } ?? objects.now()
    // A connected agent says of each deployment that it is off the cluster; one that is away is not waited for.
    if !reports.objects.isEmpty, Revocation.reason(cluster) == nil,
      objects.now().seconds - marked.seconds < Int64(Limits.clusterRemovalSeconds)
    {
      return Limits.removalPoll
    }
    // A key that is revoked stays so; first, so that it is never let in between.
    let record = try await objects.store.get(AgentKeyRecord.key(cluster: name)).flatMap(AgentKeyRecord.init(decoding:))
    let refused = record.map { $0.revoked.isEmpty ? [] : $0.keys } ?? []
    let writes =
      refused.map { RevokedKeyRecord.write($0, cluster: name, revoked: record?.revoked ?? "") }
      + (reports.objects + refusals.objects).map { .delete($0.key) } + [
        .delete(AgentKeyRecord.key(cluster: name)),
        .delete(ObjectKey(kind: StoredKind.namespaces, namespace: "", name: namespace)),
      ]
    admissions.committed(writes, try await objects.store.commit(writes))
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
  /// Clusters whose agents are revoked.
  private var revoked: Set<ObjectName> = []

  /// The cluster that a change leaves something to do for.
  func take(_ change: ObjectChange) -> ObjectName? {
    if change.key.kind == StoredKind.agentKeys {
      // A key that came in just when its cluster was revoked.
      guard let record = change.object.flatMap(AgentKeyRecord.init(decoding:)) else { return nil }
      return record.revoked.isEmpty == revoked.contains(record.cluster) ? record.cluster : nil
    }
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
      revoked.remove(name)
      return change.object == nil ? nil : name
    }
    clusters[namespace] = name
    if Revocation.reason(cluster) == nil { revoked.remove(name) } else { revoked.insert(name) }
    let finalizers = cluster.at("metadata", "finalizers")?.array ?? []
    let isSettled =
      cluster.at("metadata", "deletionTimestamp") == nil && namespaces.contains(namespace)
      && finalizers.contains(.string(ClusterController.finalizer))
      && cluster.at("status", "namespace")?.string == namespace
      && Conditions(cluster.at("status", "conditions"))["Processed"]?.isTrue == true
      && Revocation.isNoted(cluster) && !KeyRotation.isWanted(cluster)
    return isSettled ? nil : name
  }
}
