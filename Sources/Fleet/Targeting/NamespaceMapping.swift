import Document

/// A BundleNamespaceMapping: lets bundles of its namespace reach clusters of other namespaces (fleet-behaviour §1.8, §3.2).
public struct NamespaceMapping: Sendable, Hashable {
  /// The mapping's own namespace, which is that of the bundles.
  public var namespace: String
  /// The mapping's name, for messages.
  public var name: String
  /// Labels of the bundles; nil matches none.
  public var bundleSelector: SelectorSpec?
  /// Labels of the other Namespaces; nil matches none.
  public var namespaceSelector: SelectorSpec?

  /// A mapping.
  public init(
    namespace: String, name: String = "", bundleSelector: SelectorSpec? = nil, namespaceSelector: SelectorSpec? = nil
  ) {
    self.namespace = namespace
    self.name = name
    self.bundleSelector = bundleSelector
    self.namespaceSelector = namespaceSelector
  }

  /// Reads a BundleNamespaceMapping object.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ object: Value) throws(FleetError) {
    let reader = try FieldReader(object)
    if let kind = try reader.string("kind"), kind != FleetKind.bundleNamespaceMapping.kind {
      throw FleetError(.invalidDocument, "expected a BundleNamespaceMapping, but this is a \(kind)", key: "kind")
    }
    let metadata = try ObjectMeta(reader.value("metadata"))
    self.init(
      namespace: metadata.namespace, name: metadata.name, bundleSelector: try reader.selector("bundleSelector"),
      namespaceSelector: try reader.selector("namespaceSelector"))
  }

  /// Whether bundles with these labels reach clusters of other namespaces through this mapping at all.
  public func selects(bundleLabels: [String: String]) -> Bool {
    namespaceSelector != nil && (bundleSelector?.matches(bundleLabels) ?? false)
  }

  /// The namespaces whose clusters are candidates for a bundle: its own, and those that a mapping of its namespace selects.
  ///
  /// - Parameter namespaces: the labels of every namespace, by name.
  public static func candidateNamespaces(
    bundleNamespace: String, bundleLabels: [String: String], mappings: [NamespaceMapping],
    namespaces: [String: [String: String]]
  ) -> Set<String> {
    var result: Set<String> = [bundleNamespace]
    for mapping in mappings where mapping.namespace == bundleNamespace && mapping.selects(bundleLabels: bundleLabels) {
      guard let selector = mapping.namespaceSelector else { continue }
      for (name, labels) in namespaces where selector.matches(labels) { result.insert(name) }
    }
    return result
  }
}
