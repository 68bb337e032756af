import Fleet

/// An object that a deployment takes over from another one that goes (`overwrites`, fleet-behaviour §2.8): whoever removes that
/// other one must leave it.
struct TakenObject: Sendable, Hashable {
  private let kind: String
  private let namespace: String
  private let name: String

  /// An object as a cluster tells it.
  init(_ object: ObjectIdentity) {
    kind = object.kind
    namespace = object.namespace
    name = object.name
  }

  private init(kind: String, namespace: String, name: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// The objects that a bundle takes over, where its options put them.
  static func all(of options: BundleDeploymentOptions) -> Set<TakenObject> {
    var taken: Set<TakenObject> = []
    for object in options.overwrites {
      let written = options.namespace.isEmpty ? object.namespace : options.namespace
      taken.insert(TakenObject(kind: object.kind, namespace: written, name: object.name))
      guard written.isEmpty else { continue }
      // Only the cluster knows whether its kind has namespaces; no two objects answer to both.
      taken.insert(TakenObject(kind: object.kind, namespace: options.releaseNamespace, name: object.name))
    }
    return taken
  }
}
