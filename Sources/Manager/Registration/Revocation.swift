import Document
import Fleet

/// That a cluster's agent is not trusted any more: how somebody says so on the Cluster, and how the Cluster shows it.
enum Revocation {
  /// The annotation of a Cluster that revokes its agent's keys, for as long as it is there; its value is the reason. Empty and
  /// `false` mean nothing.
  static let annotation = "flotilla.io/revoked"
  /// The condition's type.
  static let condition = "Revoked"

  /// Why a Cluster's agent is revoked; nil while it is not.
  static func reason(_ cluster: Value) -> String? {
    guard let text = cluster.at("metadata", "annotations", annotation)?.string, !text.isEmpty, text != "false" else {
      return nil
    }
    return text == "true" ? "no reason given" : String(text.prefix(Limits.reasonCharacters))
  }

  /// The items of a Cluster's Ready message.
  static func notes(in status: Value?) -> [String] {
    guard let revoked = Conditions(status?["conditions"])[condition], revoked.isTrue else { return [] }
    return ["Revoked: \(revoked.message)"]
  }

  /// Whether a Cluster shows what is asked of it.
  static func isNoted(_ cluster: Value) -> Bool {
    let shown = Conditions(cluster.at("status", "conditions"))[condition]?.isTrue == true
    return shown == (reason(cluster) != nil)
  }

  /// Notes on a Cluster that its agent's keys are revoked, or good.
  static func note(in cluster: inout Value, at now: Timestamp) {
    var conditions = Conditions(cluster.at("status", "conditions"))
    if let reason = reason(cluster) {
      let message =
        "the agent's keys are refused (\(reason)); what it deployed stays. To trust it again, take the annotation"
        + " \(annotation) off"
      guard conditions.set(condition, true, reason: "KeyRevoked", message: message, at: now) else { return }
    } else {
      guard conditions[condition] != nil else { return }
      conditions.remove(condition)
    }
    cluster.set(conditions.value, at: "status", "conditions")
  }
}
