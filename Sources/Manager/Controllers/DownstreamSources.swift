import Document
import Fleet
import Store

/// Which bundles copy which Secrets and ConfigMaps of their namespace downstream (`downstreamResources`).
///
/// A value: a change of one of these objects concerns the bundles that name it, and no others are looked at.
struct DownstreamSources: Sendable {
  private var users: [ObjectKey: Set<ObjectName>] = [:]
  private var sources: [ObjectName: Set<ObjectKey>] = [:]

  /// The bundles that copy an object.
  func users(of key: ObjectKey) -> Set<ObjectName> { users[key] ?? [] }

  /// Takes in what a bundle may copy to some cluster; nil takes the bundle out.
  mutating func set(_ bundle: ObjectName, to spec: BundleSpec?) {
    let new = spec.map { Self.keys($0, namespace: bundle.namespace) } ?? []
    for key in (sources[bundle] ?? []).subtracting(new) {
      users[key]?.remove(bundle)
      if users[key]?.isEmpty == true { users[key] = nil }
    }
    for key in new { users[key, default: []].insert(bundle) }
    sources[bundle] = new.isEmpty ? nil : new
  }

  private static func keys(_ spec: BundleSpec, namespace: String) -> Set<ObjectKey> {
    var resources = spec.options.downstreamResources
    for target in spec.targets { resources += target.options.downstreamResources }
    return Set(resources.map { key(of: $0, namespace: namespace) })
  }

  /// Where the object that a bundle names is kept.
  static func key(of resource: DownstreamResource, namespace: String) -> ObjectKey {
    let kind = resource.isSecret ? StoredKind.secrets : StoredKind.configMaps
    return ObjectKey(kind: kind, namespace: namespace, name: resource.name)
  }

  /// The objects that options name, as they are now.
  ///
  /// - Throws: `ManagerError` with `invalid` that names what is missing or too large.
  static func copies(
    for options: BundleDeploymentOptions, namespace: String, in store: any Store
  ) async throws -> [DownstreamCopy] {
    guard options.downstreamResources.count <= Fleet.Limits.downstreamResources else {
      throw ManagerError(
        .invalid, "downstreamResources has more than \(Fleet.Limits.downstreamResources) entries; split the bundle")
    }
    var copies: [DownstreamCopy] = []
    var bytes = 0
    for resource in options.downstreamResources {
      let kind = resource.isSecret ? "Secret" : "ConfigMap"
      guard let stored = try await store.get(key(of: resource, namespace: namespace)) else {
        throw ManagerError(
          .invalid, "downstreamResources: \(kind) \(namespace)/\(resource.name) does not exist; create it there")
      }
      bytes += stored.body.count
      guard bytes <= Fleet.Limits.downstreamBytes else {
        throw ManagerError(
          .invalid,
          "downstreamResources: more than \(Fleet.Limits.downstreamBytes >> 20) MiB are to be copied; split the bundle")
      }
      var object = try ObjectRepository.document(of: stored)
      // Whoever writes to a repository must not have join tokens or other bundles' values sent anywhere.
      guard object["type"]?.string?.hasPrefix("fleet.cattle.io/") != true else {
        throw ManagerError(
          .invalid,
          "downstreamResources: Secret \(namespace)/\(resource.name) is Fleet's own (\(object["type"]?.string ?? "")) and is"
            + " not copied; name another")
      }
      object["kind"] = .string(kind)
      copies.append(try DownstreamCopy(of: object))
    }
    return copies
  }
}
