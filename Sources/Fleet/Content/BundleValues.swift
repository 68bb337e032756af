import Document

/// Helm values kept apart from their bundle, in a Secret of its name (fleet-behaviour §2.5). Bytes and hash are those that Fleet
/// makes.
public struct BundleValues: Sendable, Hashable {
  /// The key of the bundle's own values; those of a target have the target's name.
  public static let rootKey = "values.yaml"

  /// The Secret's data, not in base64: values as JSON by key. Empty where the bundle has no values.
  public let data: [String: [UInt8]]

  /// Values that were read from a Secret.
  public init(data: [String: [UInt8]]) { self.data = data }

  /// The hash that ties a bundle to its values; empty where there are none.
  public var hash: String {
    guard !data.isEmpty else { return "" }
    var text = GoJSONText()
    text.value(.object(data.mapValues { .string(Base64.encode($0)) }))
    return Digests.sha256Hex(text.bytes)
  }

  /// Cuts values out of a bundle: `values` and `valuesFiles` are cleared, `valuesHash` is set. A bundle without values comes
  /// back as it was, with no hash.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` where a target with values has no name, or that of another one.
  public static func cut(_ bundle: Bundle) throws(FleetError) -> (bundle: Bundle, values: BundleValues) {
    var stripped = bundle
    var data: [String: [UInt8]] = [:]
    if let helm = bundle.spec.options.helm, hasValues(helm) { data[rootKey] = encoded(helm.values) }
    for (index, target) in bundle.spec.targets.enumerated() {
      guard let helm = target.options.helm, hasValues(helm) else { continue }
      guard !target.name.isEmpty else {
        throw FleetError(
          .invalidField, "is missing: Helm values of a target are kept by its name", key: "spec.targets[\(index)].name")
      }
      guard data.updateValue(encoded(helm.values), forKey: target.name) == nil else {
        throw FleetError(
          .invalidField, "\"\(target.name)\" is the name of two entries with Helm values; give each a name of its own",
          key: "spec.targets[\(index)].name")
      }
    }
    let values = BundleValues(data: data)
    stripped.spec.valuesHash = values.hash
    guard !data.isEmpty else { return (stripped, values) }
    clear(&stripped.spec.options)
    for index in stripped.spec.targets.indices { clear(&stripped.spec.targets[index].options) }
    return (stripped, values)
  }

  /// The bundle with its values again, and without a hash. A bundle that has no hash comes back as it was.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` where these are not the values that the bundle's hash names.
  public func restore(_ bundle: Bundle) throws(FleetError) -> Bundle {
    guard !bundle.spec.valuesHash.isEmpty else { return bundle }
    guard bundle.spec.valuesHash == hash else {
      throw FleetError(
        .corruptContent,
        "the Secret's values are not those of the bundle \(bundle.metadata.key): valuesHash is"
          + " \(bundle.spec.valuesHash), but theirs is \(hash.isEmpty ? "none" : hash)", key: "spec.valuesHash")
    }
    var restored = bundle
    restored.spec.valuesHash = ""
    if let bytes = data[Self.rootKey] { try put(bytes, of: Self.rootKey, into: &restored.spec.options) }
    for index in restored.spec.targets.indices {
      let name = restored.spec.targets[index].name
      guard let bytes = data[name], name != Self.rootKey else { continue }
      try put(bytes, of: name, into: &restored.spec.targets[index].options)
    }
    return restored
  }

  private func put(_ bytes: [UInt8], of key: String, into options: inout BundleDeploymentOptions) throws(FleetError) {
    let values: Value
    do {
      values = try JSON.parse(bytes, file: key)
    } catch {
      throw FleetError(.corruptContent, "the Secret's key \(key) does not hold JSON", cause: error)
    }
    guard values.object != nil else {
      throw FleetError(
        .corruptContent, "the Secret's key \(key) must hold an object, but is of type \(values.typeName)")
    }
    var helm = options.helm ?? HelmOptions()
    helm.values = values
    options.helm = helm
  }

  private static func hasValues(_ helm: HelmOptions) -> Bool { helm.values.object?.isEmpty == false }

  private static func encoded(_ values: Value) -> [UInt8] {
    var text = GoJSONText()
    text.value(values)
    return text.bytes
  }

  private static func clear(_ options: inout BundleDeploymentOptions) {
    options.helm?.values = .null
    options.helm?.valuesFiles = []
  }
}
