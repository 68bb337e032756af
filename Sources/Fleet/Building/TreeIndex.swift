/// A source tree with its directories, checked for paths that only an attacker writes. Made once per commit.
struct TreeIndex {
  enum Node {
    case directory(children: [(name: String, node: Int)])
    case entry(SourceEntry)
  }

  private(set) var nodes: [Node]
  private let tree: any SourceTree

  static let root = 0

  /// - Throws: ``FleetError`` with code `invalidTree` or `limitExceeded`.
  init(_ tree: any SourceTree) throws(FleetError) {
    let entries = tree.entries
    guard entries.count <= Limits.treeEntries else {
      throw FleetError(
        .limitExceeded, "the repository has \(entries.count) files; the limit is \(Limits.treeEntries) (treeEntries)")
    }
    var builder = Builder()
    for entry in entries { try builder.add(entry) }
    nodes = builder.finish()
    self.tree = tree
  }

  /// The node at a clean path; links on the way are not followed.
  func node(at path: String) -> Int? {
    var current = TreeIndex.root
    for part in path.split(separator: "/") {
      guard let next = child(of: current, named: String(part)) else { return nil }
      current = next
    }
    return current
  }

  func child(of node: Int, named name: String) -> Int? {
    guard case .directory(let children) = nodes[node] else { return nil }
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if children[middle].name.utf8.lexicographicallyPrecedes(name.utf8) { low = middle + 1 } else { high = middle }
    }
    guard low < children.count, children[low].name.utf8.elementsEqual(name.utf8) else { return nil }
    return children[low].node
  }

  /// The children of a directory, sorted by the bytes of their names.
  func children(of node: Int) -> [(name: String, node: Int)] {
    guard case .directory(let children) = nodes[node] else { return [] }
    return children
  }

  func isDirectory(_ node: Int) -> Bool {
    guard case .directory = nodes[node] else { return false }
    return true
  }

  func entry(_ node: Int) -> SourceEntry? {
    guard case .entry(let entry) = nodes[node] else { return nil }
    return entry
  }

  /// A file's bytes.
  ///
  /// - Throws: ``FleetError`` with code `limitExceeded`, or `missingFile` when the tree cannot give them.
  func bytes(
    of entry: SourceEntry, limit: Int = Limits.fileBytes, named name: String = "fileBytes"
  ) throws(FleetError) -> [UInt8] {
    guard entry.size <= limit else {
      throw FleetError(.limitExceeded, "has \(entry.size) bytes; the limit is \(limit) (\(name))", file: entry.path)
    }
    let bytes: [UInt8]
    do {
      bytes = try tree.contents(of: entry.path)
    } catch {
      throw FleetError(.missingFile, "cannot be read: \(error)", file: entry.path, cause: error)
    }
    guard bytes.count <= limit else {
      throw FleetError(.limitExceeded, "has \(bytes.count) bytes; the limit is \(limit) (\(name))", file: entry.path)
    }
    return bytes
  }

  /// Follows links from a path until it names a file or directory, without leaving `root`.
  ///
  /// - Returns: the resolved path and its node; nil when there is nothing.
  /// - Throws: ``FleetError`` with code `invalidTree` when a link leaves `root` or links run in a circle.
  func resolve(_ path: String, within root: String) throws(FleetError) -> (path: String, node: Int)? {
    var pending = Array(Paths.components(path).reversed())
    var done: [String] = []
    var current = TreeIndex.root
    var hops = 0
    while let part = pending.popLast() {
      if part == ".." {
        guard done.popLast() != nil, let node = node(at: done.joined(separator: "/")) else {
          throw FleetError(.invalidTree, "leads out of the repository", file: path)
        }
        current = node
        continue
      }
      guard let next = child(of: current, named: part) else { return nil }
      guard let entry = entry(next), entry.kind == .symlink else {
        done.append(part)
        current = next
        continue
      }
      hops += 1
      guard hops <= Limits.symlinkHops else {
        throw FleetError(.invalidTree, "is a symbolic link that leads in a circle", file: path)
      }
      let target = String(decoding: try bytes(of: entry, limit: Limits.pathBytes, named: "pathBytes"), as: UTF8.self)
      guard !target.hasPrefix("/") else {
        throw FleetError(.invalidTree, "is a symbolic link to the absolute path \(target)", file: entry.path)
      }
      pending.append(contentsOf: Paths.components(target).reversed())
    }
    let resolved = done.joined(separator: "/")
    guard Paths.contains(root, resolved) else {
      throw FleetError(
        .invalidTree, "leads to \(Paths.display(resolved)), outside the bundle's directory \(Paths.display(root))",
        file: path)
    }
    return (resolved, current)
  }
}

extension TreeIndex {
  /// Collects entries into directories.
  private struct Builder {
    private enum Draft {
      case directory([String: Int])
      case entry(SourceEntry)
    }

    private var drafts: [Draft] = [.directory([:])]
    private var recent: (directory: String, node: Int) = ("", 0)

    mutating func add(_ entry: SourceEntry) throws(FleetError) {
      try TreeIndex.check(entry.path)
      let parts = entry.path.split(separator: "/", omittingEmptySubsequences: false)
      guard let name = parts.last else { return }
      let directory = String(entry.path.utf8.dropLast(name.utf8.count + (parts.count > 1 ? 1 : 0))) ?? ""
      if recent.directory != directory {
        recent = (directory, try makeDirectory(parts.dropLast(), for: entry.path))
      }
      guard case .directory(var children) = drafts[recent.node] else { return }
      // Twins that Swift's Unicode-aware comparison takes for one name would hide each other.
      guard children[String(name)] == nil else { throw TreeIndex.twin(entry.path) }
      drafts[recent.node] = .directory([:])
      children[String(name)] = drafts.count
      drafts[recent.node] = .directory(children)
      drafts.append(.entry(entry))
    }

    private mutating func makeDirectory(_ parts: ArraySlice<Substring>, for path: String) throws(FleetError) -> Int {
      var current = 0
      for part in parts {
        guard case .directory(var children) = drafts[current] else { throw TreeIndex.twin(path) }
        if let place = children.index(forKey: String(part)) {
          guard children[place].key.utf8.elementsEqual(part.utf8) else { throw TreeIndex.twin(path) }
          current = children[place].value
          continue
        }
        // Drops the second reference, so that the dictionary is changed in place.
        drafts[current] = .directory([:])
        children[String(part)] = drafts.count
        drafts[current] = .directory(children)
        current = drafts.count
        drafts.append(.directory([:]))
      }
      guard case .directory = drafts[current] else { throw TreeIndex.twin(path) }
      return current
    }

    func finish() -> [Node] {
      drafts.map { draft in
        switch draft {
        case .entry(let entry): .entry(entry)
        case .directory(let children):
          .directory(
            children: children.map { (name: $0.key, node: $0.value) }
              .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        }
      }
    }
  }

  private static func twin(_ path: String) -> FleetError {
    FleetError(
      .invalidTree, "the repository has this name twice, perhaps in another Unicode form; rename one of them",
      file: path)
  }

  private static func check(_ path: String) throws(FleetError) {
    guard path.utf8.count <= Limits.pathBytes else {
      throw FleetError(
        .limitExceeded, "the path is longer than \(Limits.pathBytes) bytes (pathBytes)", file: String(path.prefix(200)))
    }
    var depth = 0
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      depth += 1
      guard !part.isEmpty, part != ".", part != ".." else {
        throw FleetError(.invalidTree, "the path is not a plain one below the repository's root", file: path)
      }
    }
    guard depth <= Limits.pathDepth else {
      throw FleetError(.limitExceeded, "lies below more than \(Limits.pathDepth) directories (pathDepth)", file: path)
    }
    guard !path.utf8.contains(0) else { throw FleetError(.invalidTree, "the path has a zero byte", file: path) }
  }
}
