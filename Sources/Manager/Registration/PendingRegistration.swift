import Document
import Fleet
import Store
import Wire

/// A ClusterRegistration that waits until somebody lets its agent in, and how that is said.
enum PendingRegistration {
  /// The annotation of a ClusterRegistration by which somebody decides: `true` lets the agent in, `false` does not.
  static let annotation = "flotilla.io/approved"
  /// The annotation that shows the key which asks, base64url.
  static let keyAnnotation = "flotilla.io/agent-key"

  /// What somebody has decided.
  enum Decision: Sendable, Hashable { case approved, denied, none }

  /// What somebody has decided on a registration.
  static func decision(_ registration: Value) -> Decision {
    switch registration.at("metadata", "annotations", annotation)?.string {
    case "true": .approved
    case "false": .denied
    default: .none
    }
  }

  /// Whether a registration was made by this key, and not by one that came before or after.
  static func isOf(_ key: CurvePublicKey, _ registration: Value) -> Bool {
    registration.at("metadata", "annotations", keyAnnotation)?.string == key.base64URL
  }

  /// Where a key's registration is noted.
  static func key(_ publicKey: CurvePublicKey) -> ObjectKey {
    ObjectKey(kind: StoredKind.waitingKeys, namespace: "", name: publicKey.bytes.hexText)
  }

  /// Notes a key's registration.
  static func write(_ publicKey: CurvePublicKey, registration: ObjectKey) -> Write {
    .put(
      key(publicKey),
      JSON.encode(["namespace": .string(registration.namespace), "name": .string(registration.name)]))
  }

  /// The registration that a key waits with.
  static func registration(_ stored: StoredObject) -> ObjectKey? {
    guard let value = try? JSON.parse(stored.body), let namespace = value["namespace"]?.string,
      let name = value["name"]?.string
    else { return nil }
    return ObjectKey(kind: StoredKind.clusterRegistrations, namespace: namespace, name: name)
  }
}
