import Document
import Store
import Wire

/// The public key of a cluster's enrolled agent, stored under the Cluster's own namespace and name.
struct AgentKeyRecord: Sendable, Hashable {
  /// The Cluster it speaks for.
  var cluster: ObjectName
  /// The key its connections are authenticated by.
  var publicKey: CurvePublicKey
  /// When it enrolled, RFC 3339.
  var enrolled: String

  /// Where a cluster's key is stored.
  static func key(cluster: ObjectName) -> ObjectKey {
    ObjectKey(kind: StoredKind.agentKeys, namespace: cluster.namespace, name: cluster.name)
  }

  /// The stored form.
  func encoded() -> [UInt8] {
    JSON.encode(["publicKey": .string(publicKey.z85), "enrolled": .string(enrolled)])
  }

  /// Reads a stored record; nil where the key is not one.
  init?(decoding stored: StoredObject) {
    guard let value = try? JSON.parse(stored.body), let text = value["publicKey"]?.string,
      let key = try? CurvePublicKey(z85: text)
    else { return nil }
    self.init(
      cluster: ObjectName(namespace: stored.key.namespace, name: stored.key.name), publicKey: key,
      enrolled: value["enrolled"]?.string ?? "")
  }

  init(cluster: ObjectName, publicKey: CurvePublicKey, enrolled: String) {
    self.cluster = cluster
    self.publicKey = publicKey
    self.enrolled = enrolled
  }
}
