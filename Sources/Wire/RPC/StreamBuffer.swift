import Synchronization

/// What lies between one stream's connection and its user: messages that arrived and were not read, the stream's end, and
/// whoever waits for either. Its size is bounded by the stream's credit.
final class StreamBuffer: Sendable {
  enum End: Sendable {
    case finished
    case failed(RPCError)
  }

  enum Taken {
    case messages([[UInt8]])
    case end(End)
    case nothing
  }

  typealias Waiter = CheckedContinuation<Void, Never>

  fileprivate struct State {
    var inbox: [[UInt8]] = []
    var end: End?
    /// The stream is over both ways; `end` alone may be the other side's half.
    var isOver = false
    var readers: [Waiter] = []
    var writers: [Waiter] = []
    var endWaiters: [Waiter] = []
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Adds a message; returns who waits to read it.
  func push(_ message: [UInt8]) -> [Waiter] {
    state.withLock { state in
      state.inbox.append(message)
      return state.takeReaders()
    }
  }

  /// The other side sends no more.
  func finishReading() -> [Waiter] {
    state.withLock { state in
      state.end = state.end ?? .finished
      return state.takeReaders()
    }
  }

  /// The stream is over both ways. What arrived before can still be read. Returns who waits, and the handler's task, to be
  /// cancelled where there was an error: cancelling runs code of others, which no lock may be held around.
  func finish(_ error: RPCError?) -> (waiters: [Waiter], task: Task<Void, Never>?) {
    state.withLock { state in
      guard !state.isOver else { return ([], nil) }
      state.isOver = true
      state.end = error.map(End.failed) ?? state.end ?? .finished
      let waiters = state.takeReaders() + state.writers + state.endWaiters
      let task = state.task
      state.writers = []
      state.endWaiters = []
      state.task = nil
      return (waiters, task)
    }
  }

  /// Everything that arrived, at once.
  func take() -> Taken {
    state.withLock { state in
      guard state.inbox.isEmpty else {
        let messages = state.inbox
        state.inbox = []
        return .messages(messages)
      }
      return state.end.map(Taken.end) ?? .nothing
    }
  }

  /// How the stream failed, where it did.
  var failure: RPCError? {
    state.withLock { if case .failed(let error) = $0.end { error } else { nil } }
  }

  var isOver: Bool { state.withLock { $0.isOver } }

  /// Waits until `take` has something.
  func waitForMessages() async {
    await withCheckedContinuation { waiter in
      let ready = state.withLock { state in
        if !state.inbox.isEmpty || state.end != nil { return true }
        state.readers.append(waiter)
        return false
      }
      if ready { waiter.resume() }
    }
  }

  /// Waits until the stream is over, or the task is cancelled.
  func waitUntilOver() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let ready = state.withLock { state in
          if state.isOver || Task.isCancelled { return true }
          state.endWaiters.append(waiter)
          return false
        }
        if ready { waiter.resume() }
      }
    } onCancel: {
      let waiters = state.withLock { state in
        let waiters = state.endWaiters
        state.endWaiters = []
        return waiters
      }
      for waiter in waiters { waiter.resume() }
    }
  }

  /// Adds a waiting sender; false where the stream is over and nothing would wake it.
  func addWriter(_ waiter: Waiter) -> Bool {
    state.withLock { state in
      guard !state.isOver else { return false }
      state.writers.append(waiter)
      return true
    }
  }

  /// Everyone who waits to send.
  func takeWriters() -> [Waiter] {
    state.withLock { state in
      guard !state.writers.isEmpty else { return [] }
      let writers = state.writers
      state.writers = []
      return writers
    }
  }

  /// The handler that works on the stream; cancelled when the stream fails.
  func attach(_ task: Task<Void, Never>) {
    let isOver = state.withLock { state in
      if !state.isOver { state.task = task }
      return state.isOver
    }
    if isOver { task.cancel() }
  }
}

extension StreamBuffer.State {
  fileprivate mutating func takeReaders() -> [StreamBuffer.Waiter] {
    guard !readers.isEmpty else { return [] }
    let waiting = readers
    readers = []
    return waiting
  }
}
