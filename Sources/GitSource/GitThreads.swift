import Foundation
import Synchronization

/// Threads for calls that block, so that none of them holds up Swift's own. Threads come as they are needed, up to a limit, and
/// go when nothing waits.
///
/// A job may belong to groups, each with its own limit (a server, a mirror): a full group's jobs wait without
/// keeping those behind them from a thread.
final class GitThreads: Sendable {
  /// A name under which at most `limit` jobs run at once.
  struct Group: Sendable {
    let name: String
    let limit: Int
  }

  private struct Job: Sendable {
    let groups: [Group]
    let run: @Sendable () -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var running = 0
    var perGroup: [String: Int] = [:]

    /// Takes the first job that no group holds back.
    mutating func next() -> Job? {
      let index = waiting.firstIndex { job in job.groups.allSatisfy { perGroup[$0.name, default: 0] < $0.limit } }
      guard let index else { return nil }
      let job = waiting.remove(at: index)
      for group in job.groups { perGroup[group.name, default: 0] += 1 }
      return job
    }

    mutating func finish(_ job: Job) {
      for group in job.groups {
        let left = perGroup[group.name, default: 1] - 1
        perGroup[group.name] = left == 0 ? nil : left
      }
    }
  }

  /// For operations on servers.
  static let network = GitThreads(limit: GitLimits.networkOperations)
  /// For operations on local mirrors.
  static let local = GitThreads(limit: GitLimits.localOperations)

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  func perform<T: Sendable>(
    in groups: [Group] = [], _ body: @escaping @Sendable () -> Result<T, GitError>
  ) async -> Result<T, GitError> {
    await withCheckedContinuation { continuation in
      let job = Job(groups: groups) { continuation.resume(returning: body()) }
      let needsThread = state.withLock { state in
        state.waiting.append(job)
        guard state.running < limit else { return false }
        state.running += 1
        return true
      }
      if needsThread { Thread.detachNewThread { self.work() } }
    }
  }

  /// A thread's life: job after job. When it goes, whatever still waits is held back by a group, and the job that makes
  /// room in that group is on a thread that will look again.
  private func work() {
    var done: Job?
    while true {
      let next = state.withLock { state in
        if let done { state.finish(done) }
        let next = state.next()
        if next == nil { state.running -= 1 }
        return next
      }
      guard let next else { return }
      next.run()
      done = next
    }
  }
}
