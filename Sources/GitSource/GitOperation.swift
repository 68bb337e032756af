import CGit2
import Foundation
import Synchronization

/// One operation on a server: how long it may take, how it is stopped from outside, and what went wrong in it.
///
/// libgit2 1.5 knows no timeouts and waits in `recv` for ever. So the operation knows its sockets, and stopping it shuts them down:
/// whatever waits on them, libgit2, the TLS library or the SSH library, returns with an error at once.
final class GitOperation: Sendable {
  private struct State {
    var stop: GitError?
    var failure: GitError?
    var sockets: Set<Int32> = []
    var received = 0
    var progress: ContinuousClock.Instant
    var offers = 0
  }

  let remote: GitRemote
  let limits: GitLimits
  private let what: String
  private let total: Duration
  private let state: Mutex<State>

  /// - Parameters:
  ///   - what: what is done, for messages: "cannot \(what) of <url>".
  ///   - total: how long it may take in all. It also stops when the server is silent for the remote's timeout.
  init(_ what: String, _ remote: GitRemote, limits: GitLimits, total: Duration) {
    self.what = what
    self.remote = remote
    self.limits = limits
    self.total = total
    state = Mutex(State(progress: .now))
  }

  /// Runs the body on a thread of its own, bounded in time, and stopped when the task is cancelled.
  static func perform<T: Sendable>(
    _ what: String, _ remote: GitRemote, limits: GitLimits, total: Duration, exclusive: String? = nil,
    _ body: @escaping @Sendable (GitOperation) throws(GitError) -> T
  ) async throws(GitError) -> T {
    try GitLibrary.start()
    let operation = GitOperation(what, remote, limits: limits, total: total)
    var groups = [
      GitThreads.Group(name: "server \(remote.url.host):\(remote.url.port)", limit: GitLimits.operationsPerServer)
    ]
    if let exclusive { groups.append(GitThreads.Group(name: "mirror \(exclusive)", limit: 1)) }
    let result = await withTaskCancellationHandler {
      await GitThreads.network.perform(in: groups) { operation.run(body) }
    } onCancel: {
      operation.stop(GitError(.cancelled, "cancelled: \(what) of \(remote)"))
    }
    return try result.get()
  }

  private func run<T>(_ body: (GitOperation) throws(GitError) -> T) -> Result<T, GitError> {
    if let stopped { return .failure(stopped) }
    state.withLock { $0.progress = .now }
    let timer = watchTime()
    GitSocket.enter(self)
    defer {
      GitSocket.leave()
      timer.cancel()
    }
    return Result { () throws(GitError) in try body(self) }
  }

  private func watchTime() -> Task<Void, Never> {
    let (start, total, silence) = (ContinuousClock.now, total, remote.timeout)
    return Task {
      while true {
        let last = state.withLock { $0.progress }
        let end = min(start + total, last + silence)
        if ContinuousClock.now >= end {
          let limit = start + total <= last + silence ? total : silence
          return stop(
            GitError(.timeout, "cannot \(what) of \(remote): the server did not finish within \(Self.text(limit))"))
        }
        do { try await Task.sleep(until: end, clock: .continuous) } catch { return }
      }
    }
  }

  /// Whole seconds, or milliseconds where they say more.
  private static func text(_ time: Duration) -> String {
    let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }

  /// Why the operation must end; nil while it may go on.
  var stopped: GitError? { state.withLock { $0.stop } }

  /// Ends the operation: its sockets are shut down, and its callbacks refuse to go on.
  func stop(_ reason: GitError) {
    state.withLock { state in
      guard state.stop == nil else { return }
      state.stop = reason
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// Stops the operation because of a limit.
  func exceed(_ limit: String, _ text: String) {
    stop(GitError(.limitExceeded, "cannot \(what) of \(remote): \(text) (limit \(limit))"))
  }

  /// Remembers why a callback refuses. The first reason is the one that is told.
  func note(_ failure: GitError) {
    state.withLock { state in
      if state.failure == nil { state.failure = failure }
    }
  }

  /// Takes note of a sign of life, and of what the server has sent.
  func received(_ bytes: Int) {
    let isTooMuch = state.withLock { state in
      state.progress = .now
      state.received += bytes
      return state.received > limits.fetchBytes + limits.listBytes
    }
    if isTooMuch { exceed("fetchBytes", "the server sends more than \(limits.fetchBytes) bytes") }
  }

  /// Adds a socket that ``stop(_:)`` will shut down. False when the operation has been stopped.
  func add(socket: Int32) -> Bool {
    state.withLock { state in
      guard state.stop == nil else { return false }
      state.sockets.insert(socket)
      return true
    }
  }

  /// Takes a socket out again, before it is closed and its number used for another.
  func remove(socket: Int32) {
    _ = state.withLock { $0.sockets.remove(socket) }
  }

  /// True once: credentials that were refused are not offered again.
  func mayOfferCredentials() -> Bool {
    state.withLock { state in
      state.offers += 1
      return state.offers == 1
    }
  }

  /// Throws what went wrong if libgit2 says that something did.
  func check(_ code: Int32) throws(GitError) {
    guard code < 0 else { return }
    throw error(code)
  }

  private func error(_ code: Int32) -> GitError {
    let (stop, failure) = state.withLock { ($0.stop, $0.failure) }
    if let reason = stop ?? failure { return reason }
    let (kind, message) = GitLibrary.lastError()
    let text = scrub(message)
    return GitError(
      GitFailure.code(code, kind, text),
      "cannot \(what) of \(remote): \(text)\(GitFailure.hint(code, kind, text, remote))")
  }

  /// An error of this operation, by its kind and its words.
  func failure(_ code: GitError.Code, _ text: String) -> GitError {
    GitError(code, "cannot \(what) of \(remote): \(text)")
  }

  /// Takes every secret of the remote out of a text.
  private func scrub(_ text: String) -> String {
    remote.secrets.reduce(text) { $0.replacing($1, with: "***") }
  }
}
