import Dispatch
import Foundation
import Synchronization

/// A child process that was started, and that a thread of its own waits for.
public final class RunningCommand: Sendable {
  /// Its process id, which is also its process group's.
  public let pid: pid_t
  private let files: CommandFiles
  private let ending = Mutex<Int32?>(nil)
  private let end = DispatchGroup()

  init(pid: pid_t, files: CommandFiles) {
    self.pid = pid
    self.files = files
    end.enter()
    Thread.detachNewThread { [self] in
      reap()
      end.leave()
    }
  }

  deinit { files.remove() }

  /// Its exit status, or nil while it runs; 128 more than the signal's number if one ended it.
  public var status: Int32? { ending.withLock { $0 } }

  /// What it has written to standard output so far; to both streams if it has a log.
  public var output: String { CommandFiles.text(files.output) }

  /// What it has written to standard error so far; to both streams if it has a log.
  public var errors: String { CommandFiles.text(files.errors) }

  /// Sends it a signal; false if it has ended already.
  @discardableResult
  public func send(_ signal: Int32) -> Bool {
    ending.withLock { $0 == nil && Foundation.kill(pid, signal) == 0 }
  }

  /// Kills it and what it started; false if it has ended already.
  @discardableResult
  public func kill() -> Bool {
    ending.withLock { $0 == nil && Foundation.kill(-pid, SIGKILL) == 0 }
  }

  /// Waits for its end and returns its status.
  @discardableResult
  public func finish() async -> Int32 {
    await withCheckedContinuation { continuation in
      end.notify(queue: .global()) { continuation.resume() }
    }
    return status ?? -1
  }

  /// Waits for its end with the thread of the caller.
  public func waitBlocking() { end.wait() }

  private func reap() {
    // First without taking the process id away, so that nobody signals another process that has it by then.
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    ending.withLock { ending in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7F
      ending = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
  }
}
