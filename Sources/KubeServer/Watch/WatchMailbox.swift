import Synchronization

/// Where the parts of one watch meet: the storage's events, the clock's ticks and the reasons to end. One producer, one
/// consumer; bounded, so that a slow client stops the reading of the storage and not the server's memory.
final class WatchMailbox: Sendable {
  /// What the consumer is given.
  enum Delivery: Sendable {
    /// Events in order; never empty.
    case events([ResourceEvent])
    /// Time for a bookmark.
    case tick
    /// The last delivery: the watch is over, in order or with an error that the client is told.
    case end(KubeError?)
  }

  private struct State {
    var events: [ResourceEvent] = []
    var ticked = false
    var ended = false
    var error: KubeError?
    var consumer: CheckedContinuation<Void, Never>?
    var producer: CheckedContinuation<Void, Never>?
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int = Limits.watchBufferEvents) { self.capacity = capacity }

  /// Adds an event, after waiting while the mailbox is full; false when the watch is over.
  func put(_ event: ResourceEvent) async -> Bool {
    while true {
      let (accepted, full, waiter) = state.withLock { state -> (Bool, Bool, CheckedContinuation<Void, Never>?) in
        if state.ended { return (false, false, nil) }
        if state.events.count >= capacity { return (false, true, nil) }
        state.events.append(event)
        return (true, false, state.consumer.take())
      }
      waiter?.resume()
      if accepted { return true }
      guard full else { return false }
      await waitForRoom()
    }
  }

  private func waitForRoom() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let resumeNow = state.withLock { state in
          if state.ended || state.events.count < capacity { return true }
          state.producer = continuation
          return false
        }
        if resumeNow { continuation.resume() }
      }
    } onCancel: {
      end(nil)
    }
  }

  /// Asks for a bookmark.
  func tick() {
    state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.ticked = true
      return state.consumer.take()
    }?.resume()
  }

  /// Ends the watch; what waits is still delivered. The first call counts.
  func end(_ error: KubeError?) {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>?] in
      if !state.ended {
        state.ended = true
        state.error = error
      }
      return [state.consumer.take(), state.producer.take()]
    }
    for waiter in waiters { waiter?.resume() }
  }

  /// The next delivery; waits for one. A cancelled consumer is told the end.
  func take() async -> Delivery {
    while true {
      let (delivery, producer) = state.withLock { state -> (Delivery?, CheckedContinuation<Void, Never>?) in
        if !state.events.isEmpty {
          let events = state.events
          state.events = []
          return (.events(events), state.producer.take())
        }
        if state.ended { return (.end(state.error), nil) }
        if state.ticked {
          state.ticked = false
          return (.tick, nil)
        }
        return (nil, nil)
      }
      producer?.resume()
      if let delivery { return delivery }
      await waitForDelivery()
    }
  }

  private func waitForDelivery() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let resumeNow = state.withLock { state in
          if state.ended || state.ticked || !state.events.isEmpty { return true }
          state.consumer = continuation
          return false
        }
        if resumeNow { continuation.resume() }
      }
    } onCancel: {
      end(nil)
    }
  }
}
