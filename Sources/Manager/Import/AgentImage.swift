import Document

/// An image's reference in its parts, such as `registry.example.com/flotilla/flotilla:0.1.0`.
public struct AgentImage: Sendable, Hashable, CustomStringConvertible {
  /// The registry's host, with a port where it has one; empty where the reference names none.
  public var registry: String
  /// The image's path there.
  public var repository: String
  /// The tag; empty where the reference names none.
  public var tag: String
  /// The digest, `sha256:` and 64 hexadecimal digits; empty where the reference names none.
  public var digest: String

  /// Reads a reference; nil where it is none.
  public init?(_ text: String) {
    var rest = Substring(text)
    digest = ""
    tag = ""
    registry = ""
    if let at = rest.firstIndex(of: "@") {
      digest = String(rest[rest.index(after: at)...])
      guard digest.wholeMatch(of: /sha256:[0-9a-f]{64}/) != nil else { return nil }
      rest = rest[..<at]
    }
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      tag = String(rest[rest.index(after: colon)...])
      guard tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,127}/) != nil else { return nil }
      rest = rest[..<colon]
    }
    // As container engines tell a host from a path: it has a dot or a port, or is the machine itself.
    if let slash = rest.firstIndex(of: "/") {
      let first = rest[..<slash]
      if first == "localhost" || first.contains(".") || first.contains(":") {
        registry = String(first)
        rest = rest[rest.index(after: slash)...]
      }
    }
    repository = String(rest)
    guard repository.utf8.count <= 255, repository.wholeMatch(of: /[a-z0-9]+([._\/-]+[a-z0-9]+)*/) != nil else {
      return nil
    }
  }

  /// The reference.
  public var description: String {
    (registry.isEmpty ? "" : registry + "/") + repository + (tag.isEmpty ? "" : ":" + tag)
      + (digest.isEmpty ? "" : "@" + digest)
  }

  /// The chart's values for it. `prefix` takes the registry's place: a Cluster's `privateRepoURL`.
  func values(prefix: String) -> Value {
    [
      "registry": .string(prefix.isEmpty ? registry : prefix), "repository": .string(repository), "tag": .string(tag),
      "digest": .string(digest),
    ]
  }
}
