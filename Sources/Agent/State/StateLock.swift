import Foundation
import Synchronization

/// Makes a state directory one agent's own: an exclusive `flock` on `lock`, which holds the process's id for whoever
/// comes second. The system gives it back when the process ends, however it ends.
final class StateLock: Sendable {
  private let descriptor: Mutex<Int32?>

  /// Takes the lock. Blocks for as long as a file operation does, never for the other agent.
  init(directory: String) throws(AgentError) {
    let path = directory + "/lock"
    let file = StateFile.retrying { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    guard file >= 0 else { throw StateFile.failure("cannot open", path) }
    guard StateFile.retrying({ flock(file, LOCK_EX | LOCK_NB) }) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let problem = StateFile.failure("cannot lock", path)
      let owner = Self.owner(of: file)
      close(file)
      guard isHeld else { throw problem }
      throw AgentError(
        .stateInUse,
        "the state directory \(directory) is in use by process \(owner): stop that agent, or choose another directory")
    }
    let text = Array("\(getpid())\n".utf8)
    // The id is for people; the lock holds without it, so a full disk does not matter here.
    if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    descriptor = Mutex(file)
  }

  deinit { release() }

  /// Gives the lock back. Harmless when repeated.
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
