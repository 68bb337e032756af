import Synchronization

/// Counts handlers at work, so that a server can stop after the last of them: they use what is closed next.
final class HandlerTracker: Sendable {
  private struct State {
    var working = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func begin() { state.withLock { $0.working += 1 } }

  func end() {
    let waiters = state.withLock { state in
      state.working -= 1
      guard state.working == 0 else { return [CheckedContinuation<Void, Never>]() }
      let waiters = state.waiters
      state.waiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when no handler works.
  func waitUntilIdle() async {
    await withCheckedContinuation { waiter in
      let isIdle = state.withLock { state in
        if state.working > 0 { state.waiters.append(waiter) }
        return state.working == 0
      }
      if isIdle { waiter.resume() }
    }
  }
}
