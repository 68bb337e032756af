/// One entry of a commit's tree.
public struct GitTreeEntry: Sendable, Hashable {
  /// What an entry is.
  public enum Kind: Sendable, Hashable {
    /// A plain file.
    case file
    /// A file with the executable bit.
    case executable
    /// A symbolic link; its contents are the link's target.
    case symlink
    /// A commit of another repository. Its own files are not part of the tree.
    case submodule
  }

  /// The path from the tree's root, names separated by `/`; never absolute, empty, or with `.` or `..` in it. Bytes that are
  /// not UTF-8 show as U+FFFD.
  public let path: String
  /// What the entry is.
  public let kind: Kind
  /// The contents' length in bytes; 0 for a submodule.
  public let size: Int
  /// The hexadecimal id of the contents, or the submodule's commit.
  public let id: String
}

/// The files of one commit, read straight from a mirror's objects: nothing is ever checked out.
public final class GitTree: Sendable {
  /// The commit's hexadecimal id.
  public let commit: String
  /// All files, links and submodules, sorted by path in byte order.
  public let entries: [GitTreeEntry]
  private let indexes: [String: Int]
  private let reader: GitObjectReader

  init(commit: String, entries: [GitTreeEntry], reader: GitObjectReader) {
    self.commit = commit
    self.entries = entries
    self.reader = reader
    indexes = Dictionary(entries.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The entry at a path, if there is one.
  public func entry(at path: String) -> GitTreeEntry? {
    indexes[path].map { entries[$0] }
  }

  /// The bytes of a file, or the target of a link. Reads from the local disk and blocks meanwhile, so it is called from a thread
  /// that may block. Throws ``GitError``: `fileNotFound`, `limitExceeded` for a file over `fileBytes` or a tree
  /// over `treeBytes`, `corrupt`.
  public func contents(of path: String) throws(GitError) -> [UInt8] {
    guard let entry = entry(at: path), entry.kind != .submodule else {
      throw GitError(.fileNotFound, "commit \(commit.prefix(12)) has no file '\(path)'")
    }
    return try reader.contents(of: entry)
  }
}
