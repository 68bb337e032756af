/// What a server says its references are, as `git ls-remote` shows it.
public struct GitReferences: Sendable, Hashable {
  /// The hexadecimal object id of each reference by its full name. An annotated tag's commit is under its name with `^{}`.
  public let objects: [String: String]

  /// References by full name.
  public init(objects: [String: String]) {
    self.objects = objects
  }

  /// A reference and what it comes to.
  public struct Target: Sendable, Hashable {
    /// The reference's full name; nil for a commit given by its id.
    public let reference: String?
    /// What the reference names: a commit, or an annotated tag.
    public let object: String
    /// The commit it comes to, as far as the server says.
    public let commit: String
  }

  /// The names of all branches, sorted.
  public var branches: [String] { names(under: "refs/heads/") }

  /// The names of all tags, sorted.
  public var tags: [String] { names(under: "refs/tags/") }

  /// Finds what a revision means. Throws ``GitError/Code/referenceNotFound``, with what there is instead.
  /// - Parameter place: the repository, for the message.
  public func resolve(_ revision: GitRevision, in place: String) throws(GitError) -> Target {
    if let commit = revision.commit { return Target(reference: nil, object: commit, commit: commit) }
    let candidates: [String]
    switch revision {
    case .branch(let name):
      candidates = name.hasPrefix("refs/heads/") ? [name] : ["refs/heads/\(name)"]
    case .revision(let name):
      candidates = name.hasPrefix("refs/") ? [name] : ["refs/tags/\(name)", "refs/heads/\(name)"]
    }
    for name in candidates where !name.hasSuffix("^{}") {
      guard let object = objects[name] else { continue }
      return Target(reference: name, object: object, commit: objects[name + "^{}"] ?? object)
    }
    throw GitError(.referenceNotFound, "\(revision) not found in \(place); \(alternatives(to: revision))")
  }

  private func alternatives(to revision: GitRevision) -> String {
    guard !objects.isEmpty else { return "the repository is empty" }
    var parts: [String] = []
    if case .revision = revision { parts.append(Self.some(tags, "no tags")) }
    parts.append(Self.some(branches, "no branches"))
    return "it has: " + parts.joined(separator: "; ")
  }

  private static func some(_ names: [String], _ none: String) -> String {
    if names.isEmpty { return none }
    let shown = names.prefix(10).joined(separator: ", ")
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
  }

  private func names(under prefix: String) -> [String] {
    objects.keys.filter { $0.hasPrefix(prefix) && !$0.hasSuffix("^{}") }
      .map { String($0.dropFirst(prefix.count)) }.sorted()
  }
}
