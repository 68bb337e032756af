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
      resourceVersion: object.at("metadata", "resourceVersion")?.string.flatMap { UInt64($0) } ?? 0, notReady: nil)
    let readiness = Readiness.summary(of: object, now: Timestamp.now.seconds, ignoredConditions: ignoredConditions)
    guard !readiness.isReady else { return }
    notReady = NonReadyStatus.Summary(
      state: readiness.state, error: readiness.error, transitioning: readiness.transitioning,
      message: readiness.messages)
  }
}
