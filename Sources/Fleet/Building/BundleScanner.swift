/// Finds the directories that become bundles (fleet-behaviour §2.6).
struct BundleScanner {
  let index: TreeIndex
  /// How many directories were looked at.
  private var scanned = 0

  init(index: TreeIndex) { self.index = index }

  /// A directory that becomes a bundle.
  struct Directory: Hashable {
    let path: String
    let node: Int
  }

  /// What one entry of `paths` yields.
  struct Expansion {
    var directories: [Directory] = []
    /// Directories that the path names, bundles or not.
    var matches = 0
  }

  /// The directories that a path or glob of `paths` yields, in order of their paths.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when the path leaves the repository or is no pattern, or
  ///   `limitExceeded`.
  mutating func expand(_ path: String) throws(FleetError) -> Expansion {
    var expansion = Expansion()
    for match in try matches(of: path) {
      expansion.matches += 1
      try visit(match, isMatch: true, into: &expansion)
    }
    return expansion
  }

  private mutating func visit(
    _ directory: Directory, isMatch: Bool, into expansion: inout Expansion
  ) throws(FleetError) {
    try count(1)
    if hasConfiguration(directory.node) || (isMatch && holdsResources(directory.node)) {
      expansion.directories.append(directory)
    }
    for child in index.children(of: directory.node) where child.name != ".git" && index.isDirectory(child.node) {
      try visit(
        Directory(path: Paths.join(directory.path, child.name), node: child.node), isMatch: false, into: &expansion)
    }
  }

  private mutating func count(_ directories: Int) throws(FleetError) {
    scanned += directories
    guard scanned <= Limits.scannedDirectories else {
      throw FleetError(
        .limitExceeded,
        "`paths` name more than \(Limits.scannedDirectories) directories of the repository (scannedDirectories), some of them"
          + " several times; use fewer or narrower paths")
    }
  }

  /// Whether a directory has a fleet.yaml of its own.
  func hasConfiguration(_ node: Int) -> Bool {
    FleetYAML.fileNames.contains { name in index.child(of: node, named: name).map { !index.isDirectory($0) } ?? false }
  }

  /// Whether a directory, or one below it that is not under a fleet.yaml, directly holds YAML.
  private func holdsResources(_ node: Int) -> Bool {
    if hasConfiguration(node) { return false }
    return index.children(of: node).contains { child in
      if index.isDirectory(child.node) { return child.name != ".git" && holdsResources(child.node) }
      return Paths.isYAML(child.name)
    }
  }

  /// The directories that a path or glob names; a path to a file names none.
  private mutating func matches(of path: String) throws(FleetError) -> [Directory] {
    let parts = Paths.components(path)
    guard !parts.contains("..") else {
      throw FleetError(.invalidField, "\"\(path)\" must not contain \"..\"; paths begin at the repository's root")
    }
    var found = [Directory(path: "", node: TreeIndex.root)]
    for part in parts {
      guard let glob = Glob(part) else {
        throw FleetError(.invalidField, "\"\(path)\" is not a valid pattern; a bracket is not closed")
      }
      var next: [Directory] = []
      for directory in found {
        try count(1)
        if glob.isLiteral {
          if let child = try self.directory(named: part, in: directory) { next.append(child) }
          continue
        }
        for child in index.children(of: directory.node) where glob.matches(child.name) {
          if let child = try self.directory(named: child.name, in: directory) { next.append(child) }
        }
      }
      found = next
    }
    return found
  }

  private func directory(named name: String, in parent: Directory) throws(FleetError) -> Directory? {
    guard let child = index.child(of: parent.node, named: name) else { return nil }
    let path = Paths.join(parent.path, name)
    if index.isDirectory(child) { return Directory(path: path, node: child) }
    guard index.entry(child)?.kind == .symlink, let resolved = try index.resolve(path, within: "") else { return nil }
    return index.isDirectory(resolved.node) ? Directory(path: resolved.path, node: resolved.node) : nil
  }
}
