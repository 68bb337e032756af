import Fleet

/// From which namespaces each bundle's clusters may come: its own, and those that BundleNamespaceMappings add
/// (fleet-behaviour §3.2).
struct BundleReach: Sendable {
  private var mappings: [ObjectName: NamespaceMapping] = [:]
  /// Labels by namespace.
  private var namespaces: [String: [String: String]] = [:]
  /// Labels by bundle.
  private var labels: [ObjectName: [String: String]] = [:]
  private var reach: [ObjectName: Set<String>] = [:]

  /// The namespaces of a bundle's candidate clusters; none for a bundle that is not known.
  func namespaces(of bundle: ObjectName) -> Set<String> { reach[bundle] ?? [] }

  /// Takes a bundle in by its labels; nil takes it out.
  mutating func set(_ bundle: ObjectName, labels new: [String: String]?) {
    labels[bundle] = new
    update(bundle)
  }

  /// Takes a mapping in; nil takes it out. Returns what the namespaces of bundles were that are others now.
  mutating func set(mapping name: ObjectName, to new: NamespaceMapping?) -> [ObjectName: Set<String>] {
    guard mappings[name] != new else { return [:] }
    mappings[name] = new
    return update { $0.namespace == name.namespace }
  }

  /// Takes a namespace in by its labels; nil takes it out. Returns what the namespaces of bundles were that are others now.
  mutating func set(namespace name: String, labels new: [String: String]?) -> [ObjectName: Set<String>] {
    guard namespaces[name] != new else { return [:] }
    namespaces[name] = new
    let concerned = Set(mappings.keys.map(\.namespace))
    return concerned.isEmpty ? [:] : update { concerned.contains($0.namespace) }
  }

  private mutating func update(where isConcerned: (ObjectName) -> Bool) -> [ObjectName: Set<String>] {
    var changed: [ObjectName: Set<String>] = [:]
    for bundle in labels.keys where isConcerned(bundle) {
      let old = reach[bundle]
      update(bundle)
      if reach[bundle] != old { changed[bundle] = old ?? [] }
    }
    return changed
  }

  private mutating func update(_ bundle: ObjectName) {
    guard let labels = labels[bundle] else {
      reach[bundle] = nil
      return
    }
    reach[bundle] =
      mappings.isEmpty
      ? [bundle.namespace]
      : NamespaceMapping.candidateNamespaces(
        bundleNamespace: bundle.namespace, bundleLabels: labels, mappings: Array(mappings.values),
        namespaces: namespaces)
  }
}
