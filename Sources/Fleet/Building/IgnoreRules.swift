/// The rules of `.fleetignore` files, which add up from a bundle's root down to a directory (fleet-behaviour §2.4).
struct IgnoreRules {
  static let fileName = ".fleetignore"

  private var directories: Set<String> = []
  /// Patterns that match their own text only.
  private var names: Set<String> = []
  private var globs: [Glob] = []
  /// Bytes of ``globs``: what matching one byte of a name costs at most.
  private(set) var cost = 0

  /// The rules for a directory that has a `.fleetignore` of its own.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` that names file and line.
  func adding(_ text: String, file: String) throws(FleetError) -> IgnoreRules {
    var rules = self
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let rule = IgnoreRules.trimmed(line)
      if rule.isEmpty || rule.hasPrefix("#") { continue }
      if rule.hasSuffix("/*") {
        rules.directories.insert(String(rule.dropLast(2)))
        continue
      }
      guard let glob = Glob(rule) else {
        throw FleetError(
          .invalidDocument, "\"\(rule)\" is not a valid pattern; a bracket is not closed or a backslash ends it",
          file: file, line: index + 1)
      }
      guard !glob.isLiteral else {
        rules.names.insert(rule)
        continue
      }
      rules.globs.append(glob)
      rules.cost += rule.utf8.count
    }
    return rules
  }

  /// A line without white space at its end, unless a backslash stands before it.
  private static func trimmed(_ line: Substring) -> String {
    var text = line
    while let last = text.last, last.isWhitespace {
      if text.dropLast().last == "\\" { break }
      text.removeLast()
    }
    return String(text)
  }

  /// Whether a file or directory of this name is left out.
  func ignores(_ name: String, isDirectory: Bool) -> Bool {
    if isDirectory, directories.contains(name) { return true }
    if names.contains(name) { return true }
    guard !globs.isEmpty else { return false }
    let scalars = name.unicodeScalars.map(\.value)
    return globs.contains { $0.matches(scalars) }
  }
}
