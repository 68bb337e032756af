import Document
import Fleet
import Store
import Wire

/// A version that an agent refused: kept in the store until another one is wanted, so that it is not sent again, in no session
/// and by no later manager.
struct VersionRefusal: Sendable, Hashable {
  /// The version, as the bus names it.
  var version: String
  /// Why, as people are shown it.
  var message: String
  /// When.
  var time: Timestamp
  /// The agent's own status of the deployment (JSON), which the refusal is shown over; nil where it has none.
  var reported: [UInt8]?

  init(version: String, message: String, time: Timestamp, reported: [UInt8]?) {
    self.version = version
    self.message = message
    self.time = time
    self.reported = reported
  }

  /// Reads a stored refusal; nil where it is none.
  init?(_ body: [UInt8]) {
    guard let value = try? JSON.parse(body), let version = value["version"]?.string,
      let time = value["time"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    self.init(
      version: version, message: value["message"]?.string ?? "", time: time,
      reported: value["reported"]?.string.map { Array($0.utf8) })
  }

  /// How it is stored.
  var body: [UInt8] {
    var value: Value = [
      "version": .string(version), "message": .string(message), "time": .string(time.description),
    ]
    if let reported { value.set(.string(String(decoding: reported, as: UTF8.self)), at: "reported") }
    return JSON.encode(value)
  }

  /// The deployment's status as people are shown it: the agent's own with the refusal as its failure.
  var shown: [UInt8] {
    var status = reported.flatMap { try? BundleDeploymentStatus(JSON.parse($0)) } ?? BundleDeploymentStatus()
    status.recordFailure(message, at: time)
    return JSON.encode(status.value)
  }
}

/// The versions that one agent refused, and the writes that note statuses beside them. A value; whoever asks it commits the writes.
struct RefusedVersions: Sendable {
  private let namespace: String
  private var refusals: [String: VersionRefusal] = [:]

  /// What is stored of a cluster, whose deployments are in a namespace.
  init(namespace: String, stored: [StoredObject]) {
    self.namespace = namespace
    for object in stored { refusals[object.key.name] = VersionRefusal(object.body) }
  }

  /// Deployment id to the version that is not to be sent again.
  var versions: [String: String] { refusals.mapValues(\.version) }

  /// Hashes of what the agent itself said, from what is stored as statuses.
  func hashes(of statuses: [StoredObject]) -> [String: String] {
    var hashes: [String: String] = [:]
    for object in statuses {
      let refusal = refusals[object.key.name]
      guard let bytes = refusal == nil ? object.body : refusal?.reported else { continue }
      hashes[object.key.name] = DeliveryHash.status(bytes)
    }
    return hashes
  }

  /// Notes what the agent says of a deployment; empty bytes: it is gone.
  ///
  /// - Parameter read: what it says, where it was read already.
  mutating func report(_ id: String, _ status: [UInt8], read: BundleDeploymentStatus? = nil) -> [Write] {
    let reported = status.isEmpty ? nil : status
    guard var refusal = refusals[id] else { return [note(id, reported, read: read)] }
    refusal.reported = reported
    refusals[id] = refusal
    return [.put(key(id), refusal.body), note(id, refusal.shown)]
  }

  /// Notes that the agent refused a version.
  ///
  /// - Parameter stored: the deployment's status as it is stored.
  mutating func refuse(_ id: String, version: String, message: String, at now: Timestamp, stored: [UInt8]?) -> [Write] {
    let own = refusals[id] == nil ? stored : refusals[id]?.reported
    let refusal = VersionRefusal(version: version, message: message, time: now, reported: own)
    refusals[id] = refusal
    return [.put(key(id), refusal.body), note(id, refusal.shown)]
  }

  /// Notes that a refusal counts no more: what the agent said before is the status again, or nothing where the deployment is gone.
  mutating func end(_ id: String, isGone: Bool) -> [Write] {
    guard let refusal = refusals.removeValue(forKey: id) else { return [] }
    return [.delete(key(id)), note(id, isGone ? nil : refusal.reported)]
  }

  private func key(_ id: String) -> ObjectKey {
    ObjectKey(kind: StoredKind.refusals, namespace: namespace, name: id)
  }

  private func note(_ id: String, _ status: [UInt8]?, read: BundleDeploymentStatus? = nil) -> Write {
    let key = ObjectKey(kind: StoredKind.deploymentStatuses, namespace: namespace, name: id)
    return status.map { .put(key, $0, reading: read) } ?? .delete(key)
  }
}
