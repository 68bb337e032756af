/// Slash-separated paths inside a source tree: relative, without `.` and empty parts. The root is the empty path.
enum Paths {
  /// The parts of a path, without `.` and empty ones; `..` is kept, for the caller to refuse or resolve.
  static func components(_ path: String) -> [String] {
    path.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }.map(String.init)
  }

  /// The path in its one spelling: no leading, trailing or doubled slash, no `.`.
  static func clean(_ path: String) -> String { components(path).joined(separator: "/") }

  /// Two paths as one; either may be empty.
  static func join(_ base: String, _ path: String) -> String {
    if base.isEmpty { return path }
    return path.isEmpty ? base : base + "/" + path
  }

  /// Resolves `..` against the parts before it; nil when the path leaves the root.
  static func resolve(_ path: String, from directory: String = "") -> String? {
    var result = components(directory)
    for part in components(path) {
      if part == ".." {
        guard result.popLast() != nil else { return nil }
      } else {
        result.append(part)
      }
    }
    return result.joined(separator: "/")
  }

  /// The last part of a path.
  static func base(_ path: String) -> String { components(path).last ?? "" }

  /// Everything before the last part of a path; empty at the root.
  static func directory(_ path: String) -> String { components(path).dropLast().joined(separator: "/") }

  /// A file's name without its last extension; a name that begins with its only dot is kept.
  static func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// Whether `path` is `directory` or lies below it.
  static func contains(_ directory: String, _ path: String) -> Bool {
    directory.isEmpty || path == directory || path.hasPrefix(directory + "/")
  }

  /// How a path is shown to people: the root is `.`.
  static func display(_ path: String) -> String { path.isEmpty ? "." : path }

  /// Whether a file's name ends in `.yaml` or `.yml`.
  static func isYAML(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }
}
