import Synchronization

/// What a server's child reports, for the one request that waits for it.
final class ChildEvents: Sendable {
  private struct State {
    var events: [ChildEvent] = []
    var waiter: CheckedContinuation<ChildEvent, Never>?
  }

  private let state = Mutex(State())

  /// Takes an event from the supervisor's thread.
  func report(_ event: ChildEvent) {
    let waiter = state.withLock { state -> CheckedContinuation<ChildEvent, Never>? in
      defer { state.waiter = nil }
      if state.waiter == nil { state.events.append(event) }
      return state.waiter
    }
    waiter?.resume(returning: event)
  }

  /// The next event. One caller at a time, and none after the last event.
  func next() async -> ChildEvent {
    await withCheckedContinuation { continuation in
      let event = state.withLock { state -> ChildEvent? in
        guard state.events.isEmpty else { return state.events.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let event { continuation.resume(returning: event) }
    }
  }

  /// How the child ended, if it has, so that a request is not sent to a child that is gone.
  var hasEnded: Bool {
    state.withLock { state in
      state.events.contains { event in
        if case .ended = event { return true }
        return false
      }
    }
  }
}
