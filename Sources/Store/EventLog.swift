import Synchronization

/// What live watchers read: the recent events, and who waits for the next.
///
/// All watchers share one copy of the events and hold nothing but a position, so a slow one costs no memory. A waiting
/// watcher whose kinds do not occur in a group of writes is moved past it without being woken.
final class EventLog: Sendable {
  enum Page {
    case page([StoreEvent], reached: UInt64)
    case onDisk(through: UInt64)
    case caughtUp
    case closed
  }

  enum Waited {
    case changed(UInt64)
    case idle(UInt64)
    case refused
  }

  private struct Waiter {
    let kinds: Set<String>
    var position: UInt64
    let continuation: CheckedContinuation<Waited, Never>
  }

  private struct State {
    var recent: RecentEvents
    var horizon: UInt64
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
    var closed = false
  }

  private let state: Mutex<State>

  init(last: UInt64, horizon: UInt64) {
    let recent = RecentEvents(
      last: last, eventLimit: StoreLimits.recentEvents, byteLimit: StoreLimits.recentBytes)
    state = Mutex(State(recent: recent, horizon: horizon))
  }

  /// The revision of the last published event.
  var last: UInt64 { state.withLock { $0.recent.last } }

  /// When a recent revision became durable; nil where memory no longer holds it.
  func committed(_ revision: Revision) -> ContinuousClock.Instant? {
    state.withLock { $0.recent.committed(revision.value) }
  }

  /// Watches after a revision below this one are refused.
  var horizon: UInt64 { state.withLock { $0.horizon } }

  func raiseHorizon(to horizon: UInt64) {
    state.withLock { $0.horizon = max($0.horizon, horizon) }
  }

  /// Makes durable events visible. Only the one writer calls it, in order of revision.
  func publish(_ events: [StoreEvent]) {
    guard !events.isEmpty else { return }
    let kinds = Set(events.map(\.key.kind))
    let woken = state.withLock { state in
      state.recent.append(events, at: .now)
      var woken: [Waiter] = []
      for (id, waiter) in state.waiters {
        if waiter.kinds.isEmpty || !waiter.kinds.isDisjoint(with: kinds) {
          woken.append(waiter)
          state.waiters[id] = nil
        } else {
          state.waiters[id]?.position = state.recent.last
        }
      }
      return woken
    }
    for waiter in woken { waiter.continuation.resume(returning: .changed(waiter.position)) }
  }

  /// Lets go of what became durable before a moment: whoever still wants it reads it from disk.
  /// - Returns: how many events are left.
  func forget(before moment: ContinuousClock.Instant) -> Int {
    state.withLock { state in
      state.recent.forget(before: moment)
      return state.recent.count
    }
  }

  func read(after position: UInt64, kinds: Set<String>) -> Page {
    state.withLock { state in
      if state.closed { return .closed }
      if position >= state.recent.last { return .caughtUp }
      if position < state.recent.floor { return .onDisk(through: state.recent.floor) }
      let (events, reached) = state.recent.page(after: position, kinds: kinds, limit: StoreLimits.watchPage)
      return .page(events, reached: reached)
    }
  }

  /// Returns once there may be something to read after the position, the time is over, or the task is cancelled.
  func wait(at position: UInt64, kinds: Set<String>, within time: Duration?) async -> Waited {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let deadline = time.map { ContinuousClock.now + $0 }
    let timer = deadline.map { deadline in
      Task {
        // A cancelled sleep means the wait ended first; the waiter is gone then, and nothing happens.
        try? await Task.sleep(until: deadline, clock: .continuous)
        self.resume(id)
      }
    }
    defer { timer?.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Waited? = state.withLock { state in
          if state.closed || state.recent.last > position { return .changed(position) }
          if state.waiters.count >= StoreLimits.watchers { return .refused }
          // The timer may have ended before there was a waiter to resume.
          if let deadline, ContinuousClock.now >= deadline { return .idle(position) }
          state.waiters[id] = Waiter(kinds: kinds, position: position, continuation: continuation)
          return nil
        }
        if let answer {
          continuation.resume(returning: answer)
        } else if Task.isCancelled {
          // Cancelled between the handler's installation and the waiter's: the handler found nothing to resume.
          resume(id)
        }
      }
    } onCancel: {
      resume(id)
    }
  }

  func close() {
    let waiters = state.withLock { state in
      state.closed = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(returning: .changed(waiter.position)) }
  }

  private func resume(_ id: UInt64) {
    guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: id) }) else { return }
    waiter.continuation.resume(returning: .idle(waiter.position))
  }
}
