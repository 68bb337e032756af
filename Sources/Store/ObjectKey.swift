/// What names one object: its kind, its namespace and its name.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The kind, in whatever spelling the caller keeps to (`GitRepo`, or a resource name).
  public let kind: String
  /// The namespace; empty for kinds that have none.
  public let namespace: String
  /// The name, unique within kind and namespace.
  public let name: String

  /// A key; leave `namespace` out for kinds that have none.
  public init(kind: String, namespace: String = "", name: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// `Kind namespace/name`, or `Kind name` for kinds without namespaces.
  public var description: String {
    namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)"
  }

  /// By kind, then namespace, then name, each compared by its UTF-8 bytes: the order of every listing, in every backend.
  public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    for (one, other) in [(left.kind, right.kind), (left.namespace, right.namespace)] where one != other {
      return one.utf8.lexicographicallyPrecedes(other.utf8)
    }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }
}
