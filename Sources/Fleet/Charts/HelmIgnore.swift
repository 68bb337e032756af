/// The rules of a chart's `.helmignore`, by which Helm leaves files out when it packs a chart. Helm's own rules are not git's:
/// a negated rule leaves out whatever it does not match.
struct HelmIgnore {
  private struct Rule {
    let glob: Glob
    let isNegated: Bool
    let isForDirectories: Bool
    let isForPaths: Bool
  }

  static let fileName = ".helmignore"
  private var rules: [Rule] = []

  /// - Throws: ``FleetError`` with code `invalidDocument` that names file and line.
  init(_ text: String, file: String) throws(FleetError) {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      var rule = Substring(line.drop(while: \.isWhitespace))
      while rule.last?.isWhitespace == true { rule.removeLast() }
      if rule.isEmpty || rule.hasPrefix("#") { continue }
      let isNegated = rule.hasPrefix("!")
      if isNegated { rule.removeFirst() }
      let isForDirectories = rule.hasSuffix("/")
      if isForDirectories { rule.removeLast() }
      let isForPaths = rule.contains("/")
      if rule.hasPrefix("/") { rule.removeFirst() }
      guard !rule.contains("**"), let glob = Glob(String(rule)) else {
        throw FleetError(
          .invalidDocument, "\"\(line)\" is not a pattern that Helm takes", file: file, line: index + 1)
      }
      rules.append(
        Rule(glob: glob, isNegated: isNegated, isForDirectories: isForDirectories, isForPaths: isForPaths))
    }
  }

  /// A chart's files without those that its `.helmignore` names.
  static func apply(
    _ files: [BundleCharts.File], index: TreeIndex, directory: (path: String, node: Int)
  ) throws(FleetError) -> [BundleCharts.File] {
    guard let node = index.child(of: directory.node, named: fileName), let entry = index.entry(node) else {
      return files
    }
    let bytes = try index.bytes(of: entry, limit: Limits.configurationBytes, named: "configurationBytes")
    let rules = try HelmIgnore(String(decoding: bytes, as: UTF8.self), file: Paths.join(directory.path, fileName))
    return files.filter { !rules.ignores($0.name) }
  }

  /// Whether a file, or a directory that it lies in, is left out.
  func ignores(_ path: String) -> Bool {
    var prefix = ""
    let parts = Paths.components(path)
    for (index, part) in parts.enumerated() {
      prefix = Paths.join(prefix, part)
      if ignores(prefix, name: part, isDirectory: index < parts.count - 1) { return true }
    }
    return false
  }

  private func ignores(_ path: String, name: String, isDirectory: Bool) -> Bool {
    for rule in rules {
      let isMatch = rule.glob.matches(rule.isForPaths ? path : name)
      if rule.isNegated {
        if rule.isForDirectories && !isDirectory || !isMatch { return true }
      } else if isMatch, isDirectory || !rule.isForDirectories {
        return true
      }
    }
    return false
  }
}
