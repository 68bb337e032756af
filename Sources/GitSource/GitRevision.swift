/// Which commit of a repository is wanted (fleet-behaviour §7.2).
public enum GitRevision: Sendable, Hashable, CustomStringConvertible {
  /// The tip of a branch.
  case branch(String)
  /// A commit by its full hexadecimal id, else a tag, else, tolerantly, a branch or a full reference name.
  case revision(String)

  /// The branch that is meant when nothing is said.
  public static let defaultBranch = "master"

  /// What a GitRepo says: `revision` when it is not empty, else `branch`, else ``defaultBranch``.
  public init(branch: String?, revision: String?) {
    if let revision, !revision.isEmpty {
      self = .revision(revision)
    } else if let branch, !branch.isEmpty {
      self = .branch(branch)
    } else {
      self = .branch(Self.defaultBranch)
    }
  }

  /// The commit's id, when the revision is one: 40 or 64 hexadecimal digits, used as they are.
  public var commit: String? {
    guard case .revision(let text) = self, [40, 64].contains(text.utf8.count) else { return nil }
    return text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit } ? text.lowercased() : nil
  }

  /// `branch 'main'` or `revision 'v1'`.
  public var description: String {
    switch self {
    case .branch(let name): "branch '\(name)'"
    case .revision(let name): "revision '\(name)'"
    }
  }
}
