import Fleet

/// A directory on disk as the bundle builder reads a repository: symbolic links are told as links and never followed, so nothing
/// outside is read; files are read when a bundle needs them. A file that cannot be read fails the bundle that needs it alone;
/// a directory that cannot be read fails everything, for nobody knows which bundles are in it.
struct DirectorySourceTree: SourceTree {
  let entries: [SourceEntry]
  private let root: DirectoryHandle
  private let places: [String: Place]

  /// Where an entry really is, or why it cannot be read.
  private enum Place {
    case path([[CChar]], isLink: Bool)
    case unreadable(String)
  }

  /// Lists a directory. Only what `paths` name is walked through, unless a link leads elsewhere; `.git` never is.
  ///
  /// - Parameter paths: directories and globs below it; empty means all.
  init(_ directory: String, paths: [String]) throws {
    do throws(DirectoryHandle.Failure) {
      root = try DirectoryHandle(path: directory)
    } catch {
      throw CommandError("cannot open the directory \(directory): \(error)")
    }
    var walk = Walk()
    let wanted = Self.beginnings(of: paths)
    walk.visit(root, place: [], path: "", wanted: wanted)
    if walk.leavesItsPart(wanted) {
      walk = Walk()
      walk.visit(root, place: [], path: "", wanted: [[]])
    }
    // What lies there could be bundles, which would be taken for deleted ones.
    guard walk.failures.isEmpty else {
      throw CommandError(
        "not all of \(directory) can be read:\n  " + walk.failures.prefix(20).joined(separator: "\n  "))
    }
    entries = walk.entries
    places = walk.places
  }

  func contents(of path: String) throws -> [UInt8] {
    switch places[path] {
    case nil: throw DirectoryHandle.Failure("there is no such file")
    case .unreadable(let reason)?: throw DirectoryHandle.Failure(reason)
    case .path(let names, let isLink)?:
      var directory = root
      for name in names.dropLast() { directory = try directory.directory(name) }
      guard let name = names.last else { throw DirectoryHandle.Failure("is a directory") }
      return isLink
        ? try directory.link(name, limit: Limits.pathBytes) : try directory.contents(name, limit: Limits.fileBytes)
    }
  }

  /// The parts of each path before its first pattern; one empty list stands for everything.
  private static func beginnings(of paths: [String]) -> [[String]] {
    let lists = paths.map { path in
      path.split(separator: "/").filter { $0 != "." }.map(String.init)
        .prefix { part in part != ".." && !part.contains { "*?[\\".contains($0) } }
    }
    return lists.isEmpty ? [[]] : lists.map { Array($0) }
  }

  /// One way through the directory.
  private struct Walk {
    private(set) var entries: [SourceEntry] = []
    private(set) var places: [String: Place] = [:]
    private var links: [(path: String, target: String)] = []
    private var crossesLink = false
    /// Directories that cannot be read, and why.
    private(set) var failures: [String] = []

    /// - Parameter wanted: the parts below here that lead to what is wanted; an empty list among them wants everything.
    mutating func visit(_ directory: DirectoryHandle, place: [[CChar]], path: String, wanted: [[String]]) {
      do throws(DirectoryHandle.Failure) {
        // One more than the builder takes is enough for it to refuse.
        guard entries.count <= Limits.treeEntries else { return }
        if !wanted.contains([]) {
          for name in Set(wanted.compactMap(\.first)) where name != ".git" {
            let below = wanted.filter { $0.first == name }.map { Array($0.dropFirst()) }
            try add(Array(name.utf8CString), of: directory, place: place, path: path, wanted: below)
          }
          return
        }
        for name in try directory.names(limit: Limits.treeEntries) {
          try add(name, of: directory, place: place, path: path, wanted: [[]])
        }
      } catch {
        failures.append("\(path.isEmpty ? "." : path): \(error)")
      }
    }

    private mutating func add(
      _ name: [CChar], of directory: DirectoryHandle, place: [[CChar]], path: String, wanted: [[String]]
    ) throws(DirectoryHandle.Failure) {
      let (text, isValid) = Self.text(name)
      guard text != ".git" else { return }
      let path = path.isEmpty ? text : path + "/" + text
      let place = place + [name]
      guard let (kind, size) = try directory.status(name) else { return }
      guard isValid else {
        if kind == .directory { return failures.append("\(path): its name is not UTF-8; rename it") }
        return addUnreadable(path, "its name is not UTF-8; rename it")
      }
      if !wanted.contains([]), kind == .symlink { crossesLink = true }
      switch kind {
      case .directory:
        guard place.count < Limits.pathDepth else {
          return failures.append("\(path): lies below more than \(Limits.pathDepth - 1) directories (pathDepth)")
        }
        do throws(DirectoryHandle.Failure) {
          let child = try directory.directory(name)
          visit(child, place: place, path: path, wanted: wanted)
        } catch {
          failures.append("\(path): \(error)")
        }
      case .file: add(SourceEntry(path: path, size: size), .path(place, isLink: false))
      case .executable: add(SourceEntry(path: path, kind: .executable, size: size), .path(place, isLink: false))
      case .symlink:
        let target = try directory.link(name, limit: Limits.pathBytes)
        links.append((path, String(decoding: target, as: UTF8.self)))
        add(SourceEntry(path: path, kind: .symlink, size: target.count), .path(place, isLink: true))
      case .other(let what): addUnreadable(path, "is \(what), which cannot be deployed; remove it")
      }
    }

    private mutating func add(_ entry: SourceEntry, _ place: Place) {
      entries.append(entry)
      places[entry.path] = place
    }

    private mutating func addUnreadable(_ path: String, _ reason: String) {
      add(SourceEntry(path: path, size: 0), .unreadable(reason))
    }

    /// Whether something outside the walked part may be needed: a link leads there, or a wanted path leads through a link.
    func leavesItsPart(_ wanted: [[String]]) -> Bool {
      guard !wanted.contains([]) else { return false }
      let parts = wanted.map { $0.joined(separator: "/") }
      return crossesLink
        || links.contains { link in
          var names = link.path.split(separator: "/").dropLast()
          for part in link.target.split(separator: "/") where part != "." {
            if part == ".." { _ = names.popLast() } else { names.append(part) }
          }
          let target = names.joined(separator: "/")
          return !link.target.hasPrefix("/") && !parts.contains { target == $0 || target.hasPrefix($0 + "/") }
        }
    }

    /// A name as text; bytes that are not UTF-8 show as `\xNN`.
    private static func text(_ name: [CChar]) -> (text: String, isValid: Bool) {
      let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
      if let text = String(validating: bytes, as: UTF8.self) { return (text, true) }
      let shown = bytes.map { byte in
        (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
      }
      return (shown.joined(), false)
    }
  }
}
