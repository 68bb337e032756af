import Document
import Fleet
import KubeClient

extension LiveObject {
  /// What a status needs of a live object; nil when it has no identity.
  init?(_ object: Value, setHash: String, ignoredConditions: [[String: String]]) {
    let identity = ObjectIdentity(of: object)
    guard !identity.kind.isEmpty, !identity.name.isEmpty else { return nil }
    self.init(
      identity: identity, setHash: setHash, uid: object.at("metadata", "uid")?.string ?? "",
      createdAt: object.at("metadata", "creationTimestamp")?.string ?? "",
      resourceVersion: object.at("metadata", "resourceVersion")?.string.flatMap { UInt64($0) } ?? 0, notReady: nil,
      fingerprint: Self.fingerprint(of: object))
    let readiness = Readiness.summary(of: object, now: Timestamp.now.seconds, ignoredConditions: ignoredConditions)
    guard !readiness.isReady else { return }
    notReady = NonReadyStatus.Summary(
      state: readiness.state, error: readiness.error, transitioning: readiness.transitioning,
      message: readiness.messages)
  }

  /// Everything that a release may hold of an object: not its status, nor what only the server writes.
  private static func fingerprint(of object: Value) -> Int {
    var hasher = Hasher()
    for (key, value) in (object.object ?? [:]).sorted(by: { $0.key < $1.key })
    where key != "status" && key != "metadata" {
      hasher.combine(key)
      hasher.combine(value)
    }
    for key in ["labels", "annotations", "ownerReferences", "finalizers"] {
      hasher.combine(object.at("metadata", key))
    }
    return hasher.finalize()
  }
}
