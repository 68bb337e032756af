import Document

/// Helm values that were cut out of a Bundle, as the Secret of its name (fleet-behaviour §2.5).
extension BundleValues {
  /// Reads a Secret; nil for one of another type, or one that is damaged.
  public init?(secret: Value) {
    guard secret["type"]?.string == FleetSecretTypes.bundleValues else { return nil }
    var data: [String: [UInt8]] = [:]
    for (key, value) in secret["data"]?.object ?? [:] {
      guard let bytes = value.string.flatMap({ Base64.decode($0) }) else { return nil }
      data[key] = bytes
    }
    self.init(data: data)
  }

  /// The Secret of a Bundle that is stored already, which owns it.
  ///
  /// - Parameter old: the Secret as it is; its other metadata stays. Nil makes a new one.
  public func secret(of bundle: Value, over old: Value?) -> Value {
    let name = bundle.at("metadata", "name") ?? ""
    var secret: Value =
      old ?? [
        "apiVersion": "v1", "kind": "Secret", "type": .string(FleetSecretTypes.bundleValues),
        "metadata": ["name": name, "namespace": bundle.at("metadata", "namespace") ?? ""],
      ]
    secret["data"] = .object(data.mapValues { .string(Base64.encode($0)) })
    secret.set(
      [
        [
          "apiVersion": .string(fleetAPIVersion), "kind": "Bundle", "name": name,
          "uid": bundle.at("metadata", "uid") ?? "", "controller": true,
        ]
      ], at: "metadata", "ownerReferences")
    return secret
  }
}
