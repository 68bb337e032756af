/// One entry of a commit's tree.
public struct SourceEntry: Sendable, Hashable {
  /// What an entry is.
  public enum Kind: String, Sendable, Hashable {
    /// A file.
    case file
    /// A file that may be executed.
    case executable
    /// A symbolic link; its contents are the path it points to.
    case symlink
    /// Another repository's commit; it has no contents here.
    case submodule
  }

  /// The path from the repository's root, with slashes, without a leading one.
  public let path: String
  /// What the entry is.
  public let kind: Kind
  /// The size of its contents in bytes.
  public let size: Int

  /// An entry.
  public init(path: String, kind: Kind = .file, size: Int) {
    self.path = path
    self.kind = kind
    self.size = size
  }
}

/// The files of one commit, read where they are: nothing is checked out. Directories follow from the paths.
public protocol SourceTree: Sendable {
  /// All entries, in any order.
  var entries: [SourceEntry] { get }
  /// The contents of a file, or the target of a link.
  func contents(of path: String) throws -> [UInt8]
}

/// A tree in memory, for tests and for small directories.
public struct InMemorySourceTree: SourceTree {
  /// All entries, sorted by path.
  public let entries: [SourceEntry]
  private let files: [String: [UInt8]]

  /// A tree of text files, and of links by their targets.
  public init(_ texts: [String: String], links: [String: String] = [:]) {
    self.init(files: texts.mapValues { Array($0.utf8) }, links: links)
  }

  /// A tree of files, and of links by their targets.
  public init(files: [String: [UInt8]], links: [String: String] = [:]) {
    let targets = links.mapValues { Array($0.utf8) }
    entries =
      (files.map { SourceEntry(path: $0.key, size: $0.value.count) }
      + targets.map { SourceEntry(path: $0.key, kind: .symlink, size: $0.value.count) })
      .sorted { $0.path < $1.path }
    self.files = files.merging(targets) { first, _ in first }
  }

  /// The contents of a file, or the target of a link.
  ///
  /// - Throws: ``FleetError`` with code `missingFile`.
  public func contents(of path: String) throws -> [UInt8] {
    guard let bytes = files[path] else { throw FleetError(.missingFile, "there is no such file", file: path) }
    return bytes
  }
}
