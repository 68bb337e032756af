import Document

/// The objects that decide which clusters bundles reach, read from a manager or from manifests.
public struct TargetInventory: Sendable {
  /// The clusters.
  public var clusters: [Cluster] = []
  /// The groups of clusters.
  public var groups: [ClusterGroup] = []
  /// What lets bundles reach clusters of other namespaces.
  public var mappings: [NamespaceMapping] = []
  /// The labels of every namespace, by name; those of clusters are there without labels if nothing else is known.
  public var namespaces: [String: [String: String]] = [:]

  /// Nothing.
  public init() {}

  /// Reads manifests; lists are taken apart, and objects of other kinds are passed over.
  ///
  /// - Parameter namespace: where objects belong that name no namespace.
  /// - Throws: ``FleetError`` that names the object and the field.
  public init(objects: [Value], namespace: String) throws(FleetError) {
    for object in objects.flatMap({ ManifestObjects.flatten($0) }) {
      do {
        try add(object, namespace: namespace)
      } catch {
        throw error.located(file: ObjectIdentity(of: object).display)
      }
    }
    // The manager knows every namespace that a cluster is registered in.
    for cluster in clusters where namespaces[cluster.metadata.namespace] == nil {
      namespaces[cluster.metadata.namespace] = [:]
    }
  }

  private mutating func add(_ object: Value, namespace: String) throws(FleetError) {
    let identity = ObjectIdentity(of: object)
    if identity.apiVersion == "v1", identity.kind == "Namespace" {
      // Kubernetes gives every namespace this label.
      let labels = ["kubernetes.io/metadata.name": identity.name]
      namespaces[identity.name] = labels.merging(try ObjectMeta(object["metadata"]).labels) { $1 }
      return
    }
    guard identity.group == FleetKind.group else { return }
    var object = object
    if identity.namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
    switch identity.kind {
    case Cluster.kind: clusters.append(try Cluster(object))
    case ClusterGroup.kind: groups.append(try ClusterGroup(object))
    case FleetKind.bundleNamespaceMapping.kind: mappings.append(try NamespaceMapping(object))
    default: break
    }
  }

  /// The clusters that a bundle may reach, sorted by namespace and name (fleet-behaviour §3.2).
  public func candidates(for bundle: Bundle) -> [Cluster] {
    let allowed = NamespaceMapping.candidateNamespaces(
      bundleNamespace: bundle.metadata.namespace, bundleLabels: bundle.metadata.labels, mappings: mappings,
      namespaces: namespaces)
    return clusters.filter { allowed.contains($0.metadata.namespace) }
      .sorted { ($0.metadata.namespace, $0.metadata.name) < ($1.metadata.namespace, $1.metadata.name) }
  }
}
