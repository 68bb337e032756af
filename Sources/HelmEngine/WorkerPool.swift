import Foundation
import Synchronization

/// A fixed number of threads that perform blocking operations, so that none of them holds up Swift's own threads.
///
/// The threads start with the first operation, and end when the pool goes away.
final class WorkerPool: Sendable {
  /// An operation that is told whether to run or to give up.
  private typealias Operation = @Sendable (_ refusal: (any Error)?) -> Void

  private struct State {
    var queue: OperationQueue<Operation>
    var lastID: UInt64 = 0
    var threads = 0
    var isStopping = false
  }

  /// What the threads share with the pool: they do not keep the pool itself alive.
  private final class Shared: Sendable {
    let state: Mutex<State>
    let wakeups = DispatchSemaphore(value: 0)

    init(capacity: Int) {
      state = Mutex(State(queue: OperationQueue(capacity: capacity)))
    }
  }

  private let shared: Shared
  private let threads: Int

  init(threads: Int, capacity: Int) {
    self.threads = threads
    shared = Shared(capacity: capacity)
  }

  deinit {
    let abandoned = shared.state.withLock { state in
      state.isStopping = true
      return state.queue.removeAll()
    }
    for entry in abandoned { entry.operation(CancellationError()) }
    for _ in 0..<threads { shared.wakeups.signal() }
  }

  /// Performs `body` on one of the threads. Bodies of one key never run side by side, and run in the order of the calls.
  ///
  /// A cancelled task's body does not begin; one that has begun runs to its end. Throws `HelmError` with `overloaded`
  /// when the queue is full, `CancellationError`, or what `body` throws.
  func perform<Result: Sendable>(
    key: ReleaseIdentity?, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let id = shared.state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
        enqueue(
          .init(id: id, key: key) { refusal in
            if let refusal { return continuation.resume(throwing: refusal) }
            continuation.resume(with: Swift.Result { try body() })
          })
        // A task cancelled before its operation was queued had nothing to take out yet.
        if Task.isCancelled { cancel(id: id, key: key) }
      }
    } onCancel: {
      cancel(id: id, key: key)
    }
  }

  private func enqueue(_ entry: OperationQueue<Operation>.Entry) {
    let (admission, newThreads) = shared.state.withLock { state in
      let newThreads = threads - state.threads
      state.threads = threads
      return (state.queue.enqueue(entry), newThreads)
    }
    for index in 0..<newThreads { start(index) }
    switch admission {
    case .ready: shared.wakeups.signal()
    case .waiting: break
    case .refused:
      entry.operation(
        HelmError(
          code: .overloaded,
          message: "\(Limits.queuedOperations) Helm operations wait already: try again later"))
    }
  }

  private func cancel(id: UInt64, key: ReleaseIdentity?) {
    let removed = shared.state.withLock { state in state.queue.remove(id: id, key: key) }
    guard let removed else { return }
    if removed.becameReady { shared.wakeups.signal() }
    removed.entry.operation(CancellationError())
  }

  private func start(_ index: Int) {
    let thread = Thread { [shared] in
      while true {
        shared.wakeups.wait()
        let (entry, isStopping) = shared.state.withLock { state in (state.queue.next(), state.isStopping) }
        guard let entry else {
          if isStopping { return }
          // What woke us was cancelled since.
          continue
        }
        entry.operation(nil)
        if shared.state.withLock({ state in state.queue.finished(entry.key) }) { shared.wakeups.signal() }
      }
    }
    thread.name = "helm-\(index)"
    thread.stackSize = 2 << 20
    thread.start()
  }
}
