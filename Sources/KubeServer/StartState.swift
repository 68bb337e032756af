import Synchronization

/// How far a server's start has come: the port once it is bound, and whether everything before readiness is done.
final class StartState: Sendable {
  private struct State {
    var port: Result<Int, KubeError>?
    var ready = false
    var waiters: [CheckedContinuation<Result<Int, KubeError>, Never>] = []
  }

  private let state = Mutex(State())

  var isReady: Bool { state.withLock { $0.ready } }

  func markReady() { state.withLock { $0.ready = true } }

  /// The first call counts.
  func settle(_ port: Result<Int, KubeError>) {
    let waiters = state.withLock { state -> [CheckedContinuation<Result<Int, KubeError>, Never>] in
      guard state.port == nil else { return [] }
      state.port = port
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: port) }
  }

  /// Waits for the port.
  func port() async throws -> Int {
    try await withCheckedContinuation { continuation in
      let settled = state.withLock { state -> Result<Int, KubeError>? in
        if let port = state.port { return port }
        state.waiters.append(continuation)
        return nil
      }
      if let settled { continuation.resume(returning: settled) }
    }.get()
  }
}
