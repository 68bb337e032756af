import Foundation

/// Files that only their owner may read, written so that a crash leaves the old or the new one.
enum PrivateFiles {
  /// Writes a file with the given permissions under a temporary name and renames it into place.
  static func write(_ text: String, to path: String, mode: mode_t) throws {
    let temporary = path + ".new-" + RandomIdentity.nameSuffix()
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("cannot create", temporary) }
    var kept = false
    defer {
      if !kept { unlink(temporary) }
    }
    do {
      defer { close(descriptor) }
      // The umask may have taken bits away; it must not decide who reads a certificate.
      guard fchmod(descriptor, mode) == 0 else { throw failure("cannot set the permissions of", temporary) }
      let bytes = Array(text.utf8)
      var written = 0
      while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("cannot write", temporary) }
        written += count
      }
      guard fsync(descriptor) == 0 else { throw failure("cannot sync", temporary) }
    }
    guard rename(temporary, path) == 0 else { throw failure("cannot rename to", path) }
    kept = true
  }

  /// The text of a file; nil if there is none.
  static func read(_ path: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw KubeError.internalError("cannot read \(path): \(error)", cause: error)
    }
  }

  /// Makes a directory that only its owner may enter, with those above it.
  static func makeDirectory(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw KubeError.internalError("cannot make the directory \(path): \(error)", cause: error)
    }
  }

  private static func failure(_ what: String, _ path: String) -> KubeError {
    KubeError.internalError("\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
