import Document
import Fleet
import Store

/// Which Clusters have a kubeconfig, so that changes of others, and of statuses, cost no look at them.
actor ImportIndex {
  private struct Entry {
    /// What the plan depends on.
    var spec: Value
    var uid: String
    var secrets: [ObjectName]
  }

  private var clusters: [ObjectName: Entry] = [:]
  /// Clusters by the Secrets that they wait for: of their kubeconfig, and of their token.
  private var bySecret: [ObjectName: Set<ObjectName>] = [:]
  private var failures: [ObjectName: Int] = [:]

  /// The Clusters that a change may leave something to do for.
  func take(_ change: ObjectChange) -> [ObjectName] {
    let name = ObjectName(namespace: change.key.namespace, name: change.key.name)
    switch change.key.kind {
    case StoredKind.secrets: return Array(bySecret[name] ?? [])
    case StoredKind.agentKeys: return clusters[name] == nil ? [] : [name]
    default: return take(name, change.object)
    }
  }

  private func take(_ name: ObjectName, _ stored: StoredObject?) -> [ObjectName] {
    let old = clusters[name]
    var new: Entry?
    if let stored, let object = try? ObjectRepository.document(of: stored), let cluster = try? Cluster(object),
      object.at("metadata", "deletionTimestamp") == nil, !cluster.spec.kubeConfigSecret.isEmpty
    {
      let token = ObjectName(namespace: name.namespace, name: ImportPlan.tokenName(cluster: name.name))
      new = Entry(
        spec: cluster.spec.value, uid: cluster.metadata.uid, secrets: [ImportPlan.secretName(of: cluster), token])
    }
    if let old, let new, old.spec == new.spec, old.uid == new.uid { return [] }
    for secret in old?.secrets ?? [] {
      bySecret[secret]?.remove(name)
      if bySecret[secret]?.isEmpty == true { bySecret[secret] = nil }
    }
    for secret in new?.secrets ?? [] { bySecret[secret, default: []].insert(name) }
    clusters[name] = new
    failures[name] = nil
    return old == nil && new == nil ? [] : [name]
  }

  /// How long to wait after one more failure of a Cluster's import.
  func failed(_ name: ObjectName) -> Duration {
    let count = failures[name, default: 0]
    failures[name] = count + 1
    return min(Limits.importBackoff.first * (1 << min(count, 10)), Limits.importBackoff.last)
  }

  /// An import went well.
  func succeeded(_ name: ObjectName) { failures[name] = nil }
}
