import Document
import Store
import Wire

/// The public keys of a cluster's enrolled agent, stored under the Cluster's own namespace and name.
struct AgentKeyRecord: Sendable, Hashable {
  /// The Cluster it speaks for.
  var cluster: ObjectName
  /// The key its connections are authenticated by.
  var publicKey: CurvePublicKey
  /// The key that the agent is about to change to; let in as well.
  var next: CurvePublicKey?
  /// When it enrolled, RFC 3339.
  var enrolled: String
  /// When its keys were revoked, RFC 3339; empty while they are good.
  var revoked = ""
  /// The next key of the manager's that the agent knows, Z85; empty where it knows none.
  var managerKey = ""

  /// Where a cluster's key is stored.
  static func key(cluster: ObjectName) -> ObjectKey {
    ObjectKey(kind: StoredKind.agentKeys, namespace: cluster.namespace, name: cluster.name)
  }

  /// The keys that are let in, or refused.
  var keys: [CurvePublicKey] { [publicKey] + (next.map { [$0] } ?? []) }

  /// The stored form.
  func encoded() -> [UInt8] {
    var value: Value = ["publicKey": .string(publicKey.z85), "enrolled": .string(enrolled)]
    if let next { value["nextPublicKey"] = .string(next.z85) }
    if !revoked.isEmpty { value["revoked"] = .string(revoked) }
    if !managerKey.isEmpty { value["managerKey"] = .string(managerKey) }
    return JSON.encode(value)
  }

  /// Reads a stored record; nil where the key is not one.
  init?(decoding stored: StoredObject) {
    guard let value = try? JSON.parse(stored.body), let text = value["publicKey"]?.string,
      let key = try? CurvePublicKey(z85: text)
    else { return nil }
    self.init(
      cluster: ObjectName(namespace: stored.key.namespace, name: stored.key.name), publicKey: key,
      enrolled: value["enrolled"]?.string ?? "")
    next = (value["nextPublicKey"]?.string).flatMap { try? CurvePublicKey(z85: $0) }
    revoked = value["revoked"]?.string ?? ""
    managerKey = value["managerKey"]?.string ?? ""
  }

  init(cluster: ObjectName, publicKey: CurvePublicKey, enrolled: String) {
    self.cluster = cluster
    self.publicKey = publicKey
    self.enrolled = enrolled
  }
}

/// A key that stays refused although its Cluster is gone.
enum RevokedKeyRecord {
  /// Where a key is kept.
  static func key(_ publicKey: CurvePublicKey) -> ObjectKey {
    ObjectKey(kind: StoredKind.revokedKeys, namespace: "", name: publicKey.bytes.hexText)
  }

  /// What is stored of it.
  static func write(_ publicKey: CurvePublicKey, cluster: ObjectName, revoked: String) -> Write {
    .put(
      key(publicKey),
      JSON.encode([
        "publicKey": .string(publicKey.z85), "cluster": .string(cluster.description), "revoked": .string(revoked),
      ]))
  }

  /// The key of a stored record.
  static func publicKey(_ stored: StoredObject) -> CurvePublicKey? {
    (try? JSON.parse(stored.body))?["publicKey"]?.string.flatMap { try? CurvePublicKey(z85: $0) }
  }
}
