/// Collects the files of one bundle's directory (fleet-behaviour §2.4).
struct FileLoader {
  let index: TreeIndex
  /// The bundle's directory in the repository.
  let root: String
  /// Paths relative to ``root`` that configure the bundle and are no part of it.
  let excluded: Set<String>
  /// Called for things that are odd but do no harm.
  var warnings: [BuildWarning] = []

  private var files: [(name: String, entry: SourceEntry)] = []
  private var totalBytes = 0
  private var directories = 0
  private var seen: [String: String] = [:]

  init(index: TreeIndex, root: String, excluded: Set<String>) {
    self.index = index
    self.root = root
    self.excluded = excluded
  }

  /// The files' names relative to the root and their bytes, sorted by name.
  ///
  /// - Throws: ``FleetError`` with code `invalidTree`, `limitExceeded`, `missingFile` or `invalidDocument`.
  mutating func load(_ node: Int) throws(FleetError) -> [(name: String, bytes: [UInt8])] {
    try walk(node, path: "", rules: IgnoreRules(), following: [])
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var result: [(name: String, bytes: [UInt8])] = []
    result.reserveCapacity(files.count)
    for file in files { result.append((file.name, try index.bytes(of: file.entry))) }
    return result
  }

  /// - Parameter following: directories that links on the way here resolved to, so that a circle is noticed.
  private mutating func walk(
    _ node: Int, path: String, rules: IgnoreRules, following: [String]
  ) throws(FleetError) {
    // Links to directories multiply, so directories are counted and not files alone.
    directories += 1
    guard directories <= Limits.bundleDirectories, following.count <= Limits.symlinkHops else {
      throw FleetError(
        .limitExceeded,
        "the bundle has more than \(Limits.bundleDirectories) directories (bundleDirectories), or more than"
          + " \(Limits.symlinkHops) linked ones inside one another (symlinkHops)", file: Paths.join(root, path))
    }
    var rules = rules
    if let child = index.child(of: node, named: IgnoreRules.fileName), let entry = index.entry(child) {
      let file = Paths.join(root, Paths.join(path, IgnoreRules.fileName))
      let bytes = try index.bytes(of: entry, limit: Limits.configurationBytes)
      rules = try rules.adding(String(decoding: bytes, as: UTF8.self), file: file)
    }
    for child in index.children(of: node) where !child.name.hasPrefix(".") {
      let childPath = Paths.join(path, child.name)
      guard let entry = index.entry(child.node) else {
        if rules.ignores(child.name, isDirectory: true) { continue }
        try walk(child.node, path: childPath, rules: rules, following: following)
        continue
      }
      if rules.ignores(child.name, isDirectory: false) { continue }
      switch entry.kind {
      case .file, .executable: try add(entry, path: childPath)
      case .symlink: try follow(entry, path: childPath, rules: rules, following: following)
      case .submodule:
        warnings.append(
          BuildWarning(path: root, file: entry.path, message: "is a submodule; its files are not part of the bundle"))
      }
    }
  }

  private mutating func add(_ entry: SourceEntry, path: String) throws(FleetError) {
    if excluded.contains(path) { return }
    if let twin = seen.updateValue(path, forKey: path.lowercased()) {
      throw FleetError(
        .invalidTree, "differs from \(Paths.join(root, twin)) only in upper and lower case; rename one of them",
        file: Paths.join(root, path))
    }
    guard files.count < Limits.bundleFiles else {
      throw FleetError(
        .limitExceeded,
        "the bundle has more than \(Limits.bundleFiles) files (bundleFiles);"
          + " narrow `paths` or add a \(IgnoreRules.fileName)", file: Paths.display(root))
    }
    totalBytes += entry.size
    guard totalBytes <= Limits.bundleBytes else {
      throw FleetError(
        .limitExceeded,
        "the bundle has more than \(Limits.bundleBytes) bytes (bundleBytes) with this file;"
          + " narrow `paths` or add a \(IgnoreRules.fileName)", file: Paths.join(root, path))
    }
    files.append((path, entry))
  }

  private mutating func follow(
    _ entry: SourceEntry, path: String, rules: IgnoreRules, following: [String]
  ) throws(FleetError) {
    guard let resolved = try index.resolve(entry.path, within: root) else {
      throw FleetError(.invalidTree, "is a symbolic link to nothing", file: entry.path)
    }
    if let target = index.entry(resolved.node) {
      guard target.kind != .submodule else { return }
      try add(target, path: path)
      return
    }
    let here = Paths.join(root, Paths.directory(path))
    guard !Paths.contains(resolved.path, here), !following.contains(resolved.path) else {
      throw FleetError(.invalidTree, "is a symbolic link to a directory that contains it", file: entry.path)
    }
    try walk(resolved.node, path: path, rules: rules, following: following + [resolved.path])
  }
}
