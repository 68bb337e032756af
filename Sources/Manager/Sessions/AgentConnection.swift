import Document
import Fleet

/// Whether a cluster's agent is connected, as a condition of the Cluster tells it.
enum AgentConnection {
  /// The condition's type.
  static let condition = "Connected"

  /// When the agent of a cluster was last heard of, where it is offline; empty while it is connected, or never was.
  static func offlineSince(in status: Value?) -> String {
    guard Conditions(status?["conditions"])[condition]?.isFalse == true else { return "" }
    return status?.at("agent", "lastSeen")?.string ?? ""
  }

  /// Notes in a Cluster that its agent has been heard of, or that it is gone.
  ///
  /// - Parameter seen: when it was heard of; nil leaves what is noted.
  static func note(_ isConnected: Bool, seen: Timestamp?, in cluster: inout Value, at now: Timestamp) {
    if let seen { cluster.set(.string(seen.description), at: "status", "agent", "lastSeen") }
    var conditions = Conditions(cluster.at("status", "conditions"))
    let since = cluster.at("status", "agent", "lastSeen")?.string ?? now.description
    conditions.set(
      condition, isConnected, reason: isConnected ? "" : "Offline",
      message: isConnected ? "" : "the agent is offline since \(since)", at: now)
    cluster.set(conditions.value, at: "status", "conditions")
  }
}
