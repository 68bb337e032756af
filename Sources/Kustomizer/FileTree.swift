/// The files of one build: their paths checked, in order, with the directories that they lie in.
struct FileTree: Sendable, Hashable {
  /// The names under which kustomize looks for a kustomization, in its order.
  static let kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

  let files: [KustomizeFile]
  private let positions: [String: Int]
  private let directories: Set<String>

  init(_ files: [KustomizeFile], limits: KustomizerLimits) throws(KustomizerError) {
    guard files.count <= limits.files else {
      throw KustomizerError(
        .limitExceeded, "the bundle's \(files.count) files are more than \(limits.files) (files): split the bundle")
    }
    let bytes = files.reduce(0) { $0 + $1.bytes.count }
    guard bytes <= limits.inputBytes else {
      throw KustomizerError(
        .limitExceeded,
        "the bundle's files have \(bytes) bytes, more than \(limits.inputBytes) (inputBytes): split the bundle")
    }
    var positions: [String: Int] = [:]
    var directories: Set = [""]
    let sorted = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    for (index, file) in sorted.enumerated() {
      try FileTree.check(file.path, limits: limits)
      guard positions.updateValue(index, forKey: file.path) == nil else {
        throw KustomizerError(.invalidFiles, "the file \(file.path) is there twice")
      }
      var directory = Path.directory(file.path)
      while directories.insert(directory).inserted { directory = Path.directory(directory) }
    }
    if let file = sorted.first(where: { directories.contains($0.path) }) {
      throw KustomizerError(.invalidFiles, "\(file.path) is a file and a directory too: rename one of them")
    }
    self.files = sorted
    self.positions = positions
    self.directories = directories
  }

  private static func check(_ path: String, limits: KustomizerLimits) throws(KustomizerError) {
    guard path.utf8.count <= limits.pathBytes else {
      throw KustomizerError(
        .limitExceeded, "the path \(path.prefix(80))… is longer than \(limits.pathBytes) bytes (pathBytes): shorten it")
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isSound = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    guard isSound, !path.utf8.contains(0) else {
      throw KustomizerError(.invalidFiles, "\(path.debugDescription) is not the path of a file in the bundle")
    }
  }

  subscript(path: String) -> KustomizeFile? { positions[path].map { files[$0] } }

  func isDirectory(_ path: String) -> Bool { directories.contains(path) }

  /// The kustomization of a directory.
  func kustomization(in directory: String) -> KustomizeFile? {
    for name in Self.kustomizationNames {
      if let file = self[Path.join(directory, name)] { return file }
    }
    return nil
  }

  static func == (one: FileTree, other: FileTree) -> Bool { one.files == other.files }

  func hash(into hasher: inout Hasher) { hasher.combine(files) }
}

/// Paths as they are written in kustomizations.
enum Path {
  static func join(_ directory: String, _ path: String) -> String { directory.isEmpty ? path : directory + "/" + path }

  static func directory(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// Resolves `.` and `..`; nil when the path leaves the root.
  static func resolve(_ path: String, from directory: String) -> String? {
    var result = directory.split(separator: "/")
    for part in path.split(separator: "/") where part != "." {
      if part == ".." {
        guard result.popLast() != nil else { return nil }
      } else {
        result.append(part)
      }
    }
    return result.joined(separator: "/")
  }
}
