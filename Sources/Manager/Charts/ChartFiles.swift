import Foundation

/// Files of the chart cache: written aside, fsynced and renamed, so that a crash leaves the old or the new one, and several
/// processes may use one directory. Every call blocks.
enum ChartFiles {
  /// Writes a file that only its owner may read.
  static func write(_ bytes: [UInt8], to path: String) throws(ManagerError) {
    let aside = path + asideMark + UUID().uuidString
    do {
      guard FileManager.default.createFile(atPath: aside, contents: nil, attributes: [.posixPermissions: 0o600]),
        let file = FileHandle(forWritingAtPath: aside)
      else { throw failure("cannot create", aside) }
      defer { try? file.close() }
      try file.write(contentsOf: bytes)
      try file.synchronize()
      guard rename(aside, path) == 0 else { throw failure("cannot rename to", path) }
      try sync(directory: (path as NSString).deletingLastPathComponent)
    } catch {
      unlink(aside)
      throw error as? ManagerError
        ?? ManagerError(.unavailable, "cannot write \(path): \(error.localizedDescription)", cause: error)
    }
  }

  /// The bytes of a file; nil when it is not there or cannot be read.
  static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

  /// Marks a file as used now.
  static func touch(_ path: String) { utimes(path, nil) }

  /// Removes a file, if it is there.
  static func remove(_ path: String) { unlink(path) }

  /// A file's name, size and when it was last written or touched.
  struct Entry: Sendable {
    let name: String
    let bytes: Int
    let used: Date
  }

  /// The files of a directory, the longest unused first. What a crash left half written is removed.
  static func entries(_ directory: String) -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    var entries: [Entry] = []
    for name in names {
      let path = directory + "/" + name
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        let bytes = attributes[.size] as? Int, let used = attributes[.modificationDate] as? Date
      else { continue }
      if name.contains(asideMark) {
        if used.timeIntervalSinceNow < -halfWrittenSeconds { remove(path) }
      } else {
        entries.append(Entry(name: name, bytes: bytes, used: used))
      }
    }
    return entries.sorted { $0.used < $1.used }
  }

  /// Makes a directory that only its owner may enter, with those above it.
  static func makeDirectory(_ path: String) throws(ManagerError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ManagerError(.unavailable, "cannot make the directory \(path): \(error.localizedDescription)", cause: error)
    }
  }

  private static let asideMark = ".new-"
  /// No write takes so long.
  private static let halfWrittenSeconds = 3600.0

  private static func sync(directory: String) throws(ManagerError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot sync", directory) }
  }

  private static func failure(_ what: String, _ path: String) -> ManagerError {
    ManagerError(.unavailable, "\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
