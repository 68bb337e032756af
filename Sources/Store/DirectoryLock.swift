import Foundation
import Synchronization

/// Makes a directory one process's own: an exclusive `flock` on `lock`, which holds the process's id for whoever comes second.
final class DirectoryLock: Sendable {
  private let descriptor: Mutex<Int32?>

  /// Makes the directory (mode 0700) if needed and takes its lock.
  init(directory: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(
        .unavailable,
        "cannot make the data directory \(directory): \(FileError.text(of: error)); check its parent's owner",
        cause: error)
    }
    let path = directory + "/lock"
    let file = retrying { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    guard file >= 0 else { throw FileError.last("cannot open \(path)") }
    guard retrying({ flock(file, LOCK_EX | LOCK_NB) }) == 0 else {
      let reason = errno
      let owner = Self.owner(of: file)
      close(file)
      guard reason == EWOULDBLOCK else { throw FileError.make("cannot lock \(path)", reason) }
      throw StoreError(
        .locked,
        "the data directory \(directory) is in use by process \(owner); stop that process or choose another directory")
    }
    let text = Array("\(getpid())\n".utf8)
    // The id is for people; the lock itself holds without it, so a full disk does not matter here.
    if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    descriptor = Mutex(file)
  }

  deinit {
    release()
  }

  func release() {
    descriptor.withLock { file in
      // Unlocked by name: a child that was just forked holds the descriptor too until it execs.
      if let file {
        flock(file, LOCK_UN)
        close(file)
      }
      file = nil
    }
  }

  private static func owner(of file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "(unknown)" : String(decoding: digits, as: UTF8.self)
  }
}
