import Document
import Fleet

/// Helm values that were cut out of a Bundle, as the Secret of its name (fleet-behaviour §2.5).
extension BundleValues {
  /// The type of such Secrets.
  static let secretType = "fleet.cattle.io/bundle-values/v1alpha1"

  /// Reads a Secret; nil for one of another type, or one that is damaged.
  init?(secret: Value) {
    guard secret["type"]?.string == Self.secretType else { return nil }
    var data: [String: [UInt8]] = [:]
    for (key, value) in secret["data"]?.object ?? [:] {
      guard let bytes = value.string.flatMap(Base64.decode) else { return nil }
      data[key] = bytes
    }
    self.init(data: data)
  }

  /// The document of a new Secret, for a bundle of this name.
  func secret(named name: String, namespace: String) -> Value {
    [
      "apiVersion": "v1", "kind": "Secret", "type": .string(Self.secretType),
      "metadata": ["name": .string(name), "namespace": .string(namespace)],
      "data": .object(data.mapValues { .string(Base64.encode($0)) }),
    ]
  }
}
