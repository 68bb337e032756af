import Document
import Fleet

/// Removals that are held back because the store is not the one that the cluster last followed, as a condition of the Cluster
/// tells them, and how somebody confirms them.
enum RemovalGuard {
  /// The condition's type.
  static let condition = "RemovalsHeld"
  /// The annotation of a Cluster that confirms what is held; taken off when it has worked.
  static let annotation = "flotilla.io/confirm-removals"

  /// Whether somebody has confirmed what is held.
  static func isConfirmed(_ cluster: Value) -> Bool {
    cluster.at("metadata", "annotations", annotation)?.string == "true"
  }

  /// The items of a Cluster's Ready message.
  static func notes(in status: Value?) -> [String] {
    guard let held = Conditions(status?["conditions"])[condition], held.isTrue else { return [] }
    return ["RemovalsHeld: \(held.message)"]
  }

  /// Notes what is held in a Cluster.
  ///
  /// - Parameters:
  ///   - ids: the deployments; none says that nothing is held.
  ///   - count: how many the agent has.
  static func note(_ ids: [String], of count: Int, in cluster: inout Value, at now: Timestamp) {
    var conditions = Conditions(cluster.at("status", "conditions"))
    guard !ids.isEmpty else {
      guard conditions[condition] != nil else { return }
      conditions.remove(condition)
      cluster.set(conditions.value, at: "status", "conditions")
      return
    }
    let name = cluster.at("metadata", "name")?.string ?? ""
    let namespace = cluster.at("metadata", "namespace")?.string ?? ""
    let first = ids.prefix(Fleet.Limits.statusEntries).joined(separator: ", ")
    let more = ids.count > Fleet.Limits.statusEntries ? ", ..." : ""
    conditions.set(
      condition, true, reason: "StoreRestored",
      message:
        "\(ids.count) of \(count) deployments (\(first)\(more)) would be removed, and this manager's store is not the one"
        + " that the cluster last followed: it was restored or emptied. They stay. If they shall go: kubectl annotate"
        + " cluster -n \(namespace) \(name) \(annotation)=true", at: now)
    cluster.set(conditions.value, at: "status", "conditions")
  }
}
