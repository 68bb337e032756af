import Logging
import Synchronization

/// What moves a connection's bytes: the I/O thread of a socket.
protocol ConnectionDriver: AnyObject, Sendable {
  /// The connection has something to send, another next deadline, or is over. Called from any thread, at most once until the driver has
  /// served the connection.
  func schedule(_ connection: RPCConnection)
}

/// One connection: the shell around `RPCConnectionCore`.
///
/// Calls from any task enter the core under a lock that is held for microseconds and never across a wait; whoever becomes able
/// to go on is resumed after it is released. So a message costs no hop between executors, and a batch from the other side costs
/// one wake-up of each reader.
final class RPCConnection: Sendable {
  struct State {
    var core: RPCConnectionCore
    var streams: [StreamID: StreamBuffer] = [:]
    var outbound = OutboundQueue()
    /// Bytes that were taken from `outbound` and that the socket has no room for.
    var heldBytes = 0
    var isScheduled = false
    var isEstablished = false
    var failure: RPCError?
    var goaway: Goaway?
    var lifeWaiters: [CheckedContinuation<Void, Never>] = []

    /// So much waits that senders have to.
    var isFull: Bool { outbound.bytes + heldBytes >= WireLimits.unsentBytes }

    /// Sends a message, if the credits and the socket allow.
    mutating func trySending(_ payload: Payload, on id: StreamID, now: Moment) -> RPCConnectionCore.SendOutcome {
      // A stream that has ended is not waited on, however full the socket.
      isFull && core.streams[id] != nil ? .blocked : core.send(payload, on: id, now: now)
    }

    /// Whether `trySending` would say so.
    func mustWait(on id: StreamID) -> Bool {
      !core.mayTrySending(on: id) || (isFull && core.streams[id] != nil)
    }
  }

  /// The authenticated other side.
  let peer: CurvePublicKey
  /// Names the connection within its process.
  let id: UInt64
  private let answering: Mutex<RPCHandlers>
  let admission: @Sendable () -> KeyDirectory.Admission
  let logger: Logger
  let tracker: HandlerTracker
  /// Of the server that the connection belongs to, if any.
  let counters: ServerCounters?
  let driver: any ConnectionDriver
  let state: Mutex<State>

  private static let lastID = Atomic<UInt64>(0)

  init(
    peer: CurvePublicKey, core: RPCConnectionCore, handlers: RPCHandlers, driver: any ConnectionDriver, logger: Logger,
    tracker: HandlerTracker = HandlerTracker(), counters: ServerCounters? = nil,
    admission: @escaping @Sendable () -> KeyDirectory.Admission
  ) {
    self.peer = peer
    id = Self.lastID.add(1, ordering: .relaxed).newValue
    answering = Mutex(handlers)
    self.driver = driver
    self.logger = logger
    self.tracker = tracker
    self.counters = counters
    self.admission = admission
    state = Mutex(State(core: core))
    // SETTINGS wait in the core since it was made.
    perform(at: .now) { _, _ in }
  }

  /// Enters the core, then performs its directives, resumes who waits and wakes the driver.
  @discardableResult
  func perform<Result: Sendable>(at now: Moment, _ body: (inout State, Moment) -> Result) -> Result {
    var effects = Effects()
    let result = state.withLock { state in
      let (before, wasOver) = (state.core.nextDeadline, state.core.isOver)
      let result = body(&state, now)
      state.performDirectives(&effects)
      // Answers that nobody asked credit for: to PING.
      if state.outbound.bytes + state.heldBytes >= 2 * WireLimits.unsentBytes, !state.core.isOver {
        let error = RPCError(.resourceExhausted, "the other side asks for more than it reads")
        state.core.fail(error, notify: false, now: now)
        state.performDirectives(&effects)
      }
      let isNews = !state.outbound.isEmpty || state.core.nextDeadline < before || state.core.isOver != wasOver
      if !state.isScheduled, isNews {
        state.isScheduled = true
        effects.schedule = true
      }
      return result
    }
    if effects.schedule { driver.schedule(self) }
    for waiter in effects.waiters { waiter.resume() }
    for finished in effects.finished where finished.isFailed { finished.task.cancel() }
    for opened in effects.opened { serve(opened.id, opened.open, opened.buffer) }
    return result
  }

  // The driver's side, on its thread.

  /// Takes in what a batch brought.
  func receive(_ frames: [Frame], now: Moment) {
    perform(at: now) { state, now in
      for frame in frames { state.core.receive(frame, now: now) }
    }
  }

  /// Lets time pass.
  func tick(now: Moment) { perform(at: now) { state, now in state.core.tick(now: now) } }

  /// What is to be sent, and when to tick next.
  func takeOutbound() -> (messages: [OutboundMessage], nextDeadline: Moment) {
    let (messages, deadline, waiters) = state.withLock { state in
      state.isScheduled = false
      let wasFull = state.isFull
      let messages = state.outbound.take()
      let writers = wasFull && !state.isFull ? state.streams.values.flatMap { $0.takeWriters() } : []
      return (messages, state.core.nextDeadline, writers)
    }
    for waiter in waiters { waiter.resume() }
    return (messages, deadline)
  }

  /// So many bytes of what was taken wait for room in the socket; senders wait while they are too many.
  func hold(_ bytes: Int) {
    let waiters = state.withLock { state in
      let wasFull = state.isFull
      state.heldBytes = bytes
      guard wasFull, !state.isFull else { return [StreamBuffer.Waiter]() }
      return state.streams.values.flatMap { $0.takeWriters() }
    }
    for waiter in waiters { waiter.resume() }
  }

  /// The transport lost the other side, or gives it up.
  func fail(_ error: RPCError, notify: Bool = false) {
    perform(at: .now) { state, now in state.core.fail(error, notify: notify, now: now) }
  }

  // The users' side.

  /// The methods that this side answers.
  var handlers: RPCHandlers { answering.withLock { $0 } }
  func answer(with handlers: RPCHandlers) { answering.withLock { $0 = handlers } }

  var failure: RPCError? { state.withLock { $0.failure } }
  var goaway: Goaway? { state.withLock { $0.goaway } }
  var refusals: RefusalPace { state.withLock { $0.core.refusals } }
  var lastReceived: Moment { state.withLock { $0.core.lastReceived } }

  /// Asks the other side to leave.
  func leave(_ goaway: Goaway) { perform(at: .now) { state, now in state.core.leave(goaway, now: now) } }

  /// Ends the connection; the other side is told.
  func close(_ error: RPCError? = nil) {
    perform(at: .now) { state, now in
      if let error { state.core.fail(error, notify: true, now: now) } else { state.core.close(now: now) }
    }
  }

  /// Returns once the connection is established; throws how it failed before.
  func waitUntilEstablished() async throws(RPCError) {
    await waitUntil { $0.isEstablished }
    if let failure { throw failure }
  }

  /// Returns how the connection ended, once it has.
  func waitForEnd() async -> RPCError {
    await waitUntil { $0.failure != nil }
    return failure ?? RPCError(.internal, "the connection ended without a reason")
  }

  /// Returns the other side's GOAWAY, or nil once the connection is over without one.
  func waitForGoaway() async -> Goaway? {
    await waitUntil { $0.goaway != nil }
    return goaway
  }

  /// Waits for a condition, the connection's end, or the task's cancellation.
  private func waitUntil(_ condition: @Sendable (borrowing State) -> Bool) async {
    while !Task.isCancelled {
      let isDone = state.withLock { $0.failure != nil || condition($0) }
      if isDone { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { waiter in
          let ready = state.withLock { state in
            if state.failure != nil || condition(state) || Task.isCancelled { return true }
            state.lifeWaiters.append(waiter)
            return false
          }
          if ready { waiter.resume() }
        }
      } onCancel: {
        // Everyone looks again; only the cancelled one leaves.
        let waiters = state.withLock { state in
          let waiters = state.lifeWaiters
          state.lifeWaiters = []
          return waiters
        }
        for waiter in waiters { waiter.resume() }
      }
    }
  }
}

extension RPCConnection {
  /// Returns once no stream is open.
  func waitUntilIdle() async {
    while !Task.isCancelled, let buffer = state.withLock({ $0.streams.values.first }) {
      await buffer.waitUntilOver()
    }
  }
}
