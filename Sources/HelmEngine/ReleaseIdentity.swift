/// Which release: a name in a namespace.
public struct ReleaseIdentity: Sendable, Hashable, CustomStringConvertible {
  /// The release's name, at most 53 characters.
  public var name: String

  /// The namespace that holds Helm's record, and the objects that name no other.
  public var namespace: String

  /// Makes an identity. Helm checks it when it is used.
  public init(name: String, namespace: String) {
    self.name = name
    self.namespace = namespace
  }

  /// `namespace/name`.
  public var description: String { "\(namespace)/\(name)" }
}
