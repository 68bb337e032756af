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
  private var ignoreBytes = 0
  private var ignoreWork = 0
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
    for file in files {
      let bytes = try index.bytes(of: file.entry)
      if FileLoader.isLFSPointer(bytes) {
        warnings.append(
          BuildWarning(
            path: root, file: file.entry.path, message: "is a pointer of Git LFS; the file itself is not fetched"))
      }
      result.append((file.name, bytes))
    }
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
    if index.child(of: node, named: IgnoreRules.fileName) != nil, let entry = try ignoreFile(of: node, path: path) {
      let file = Paths.join(root, Paths.join(path, IgnoreRules.fileName))
      let bytes = try index.bytes(of: entry, limit: Limits.configurationBytes, named: "configurationBytes")
      ignoreBytes += bytes.count
      guard ignoreBytes <= Limits.ignoreBytes else {
        throw FleetError(
          .limitExceeded,
          "the bundle's \(IgnoreRules.fileName) files have more than \(Limits.ignoreBytes) bytes (ignoreBytes)",
          file: file)
      }
      rules = try rules.adding(String(decoding: bytes, as: UTF8.self), file: file)
    }
    for child in index.children(of: node) where !child.name.hasPrefix(".") {
      let childPath = Paths.join(path, child.name)
      guard let entry = index.entry(child.node) else {
        if try ignores(child.name, isDirectory: true, rules, in: path) { continue }
        try walk(child.node, path: childPath, rules: rules, following: following)
        continue
      }
      if try ignores(child.name, isDirectory: false, rules, in: path) { continue }
      switch entry.kind {
      case .file, .executable: try add(entry, path: childPath)
      case .symlink: try follow(entry, path: childPath, rules: rules, following: following)
      case .submodule:
        warnings.append(
          BuildWarning(path: root, file: entry.path, message: "is a submodule; its files are not part of the bundle"))
      }
    }
  }

  private mutating func ignores(
    _ name: String, isDirectory: Bool, _ rules: IgnoreRules, in path: String
  ) throws(FleetError) -> Bool {
    ignoreWork += rules.cost * name.utf8.count
    guard ignoreWork <= Limits.ignoreWork else {
      throw FleetError(
        .limitExceeded,
        "the \(IgnoreRules.fileName) files have too many patterns for so many files (ignoreWork); use fewer or shorter ones",
        file: Paths.join(root, Paths.join(path, name)))
    }
    return rules.ignores(name, isDirectory: isDirectory)
  }

  /// The `.fleetignore` of a directory, which may be a link inside the bundle; nil where the link leads to nothing.
  private func ignoreFile(of node: Int, path: String) throws(FleetError) -> SourceEntry? {
    guard let child = index.child(of: node, named: IgnoreRules.fileName), let entry = index.entry(child),
      entry.kind == .symlink
    else { return index.child(of: node, named: IgnoreRules.fileName).flatMap { index.entry($0) } }
    return try index.resolve(entry.path, within: root).flatMap { index.entry($0.node) }
  }

  private static func isLFSPointer(_ bytes: [UInt8]) -> Bool {
    bytes.count < 1024 && bytes.starts(with: "version https://git-lfs.github.com/spec/v1\n".utf8)
  }

  private mutating func add(_ entry: SourceEntry, path: String) throws(FleetError) {
    if excluded.contains(path) { return }
    guard !path.utf8.contains(UInt8(ascii: "\\")) else {
      throw FleetError(
        .invalidTree, "has a backslash in its name, which some tools take for a slash; rename it",
        file: Paths.join(root, path))
    }
    if let twin = seen.updateValue(path, forKey: path.lowercased()) {
      throw FleetError(
        .invalidTree,
        "differs from \(Paths.join(root, twin)) only in upper and lower case or in its Unicode form; rename one of them",
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
