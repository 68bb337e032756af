import Logging

/// Keys that need reconciling: each once however often it was added, never two at a time for one key, failed ones again
/// after a growing wait. Its size is bounded by the number of distinct keys.
actor WorkQueue<Key: Hashable & Sendable> {
  private enum State: Equatable {
    case queued, running, runningAndDirty
    /// Until this tick.
    case waiting(Int64)
  }

  /// Those whose wait is over at one tick.
  private struct Waiting {
    var keys: [Key]
    let timer: Task<Void, Never>
  }

  /// Waits end at whole ticks, so that many keys that wait share a few timers.
  private static var tickMilliseconds: Int64 { 5 }

  private let clock = ContinuousClock()
  private let began = ContinuousClock.now
  private var states: [Key: State] = [:]
  private var waiting: [Int64: Waiting] = [:]
  private var failures: [Key: Int] = [:]
  private var ready: [Key] = []
  private var head = 0
  private var idle: [CheckedContinuation<Key?, Never>] = []
  private var closed = false

  /// Keys that wait or are worked on.
  var count: Int { states.count }

  /// Queues the key; while it is being worked on, it is queued again behind that.
  func add(_ key: Key) {
    switch states[key] {
    case nil, .waiting: enqueue(key)
    case .running: states[key] = .runningAndDirty
    case .queued, .runningAndDirty: break
    }
  }

  /// Queues the key after a wait, unless it is queued before that anyway; where it waits for longer, it waits for so long instead.
  /// While it is being worked on, it is queued again right behind that: what is under way may have looked too early.
  func add(_ key: Key, after delay: Duration) {
    guard !closed else { return }
    let milliseconds = (clock.now - began + delay) / .milliseconds(1)
    let tick = Int64((milliseconds / Double(Self.tickMilliseconds)).rounded(.up))
    switch states[key] {
    case nil: break
    case .waiting(let known): if known <= tick { return }
    case .running:
      states[key] = .runningAndDirty
      return
    case .queued, .runningAndDirty: return
    }
    // Where it waited before, it is passed over.
    states[key] = .waiting(tick)
    guard waiting[tick]?.keys.append(key) == nil else { return }
    let end = began + .milliseconds(tick * Self.tickMilliseconds)
    waiting[tick] = Waiting(
      keys: [key],
      timer: Task {
        guard (try? await self.clock.sleep(until: end)) != nil else { return }
        self.ended(tick)
      })
  }

  /// Queues each key after its wait.
  func add(_ keys: [(key: Key, delay: Duration)]) {
    for (key, delay) in keys { add(key, after: delay) }
  }

  /// Works on queued keys, `workers` at a time, until the task is cancelled.
  ///
  /// `work` returns when it wants to see the key again without being told, nil for never; a thrown error is logged and
  /// retried after 50 ms, doubling up to `Limits.retrySecondsMax`.
  func run(
    workers: Int, logger: Logger, work: @escaping @Sendable (Key) async throws -> Duration?
  ) async {
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        for _ in 0..<workers {
          group.addTask {
            while let key = await self.next() {
              do {
                let again = try await work(key)
                await self.finished(key, again: again)
              } catch is CancellationError {
                await self.finished(key, again: nil)
              } catch {
                let wait = await self.failed(key)
                let expected = (error as? ManagerError)?.code == .conflict
                logger.log(
                  level: expected ? .debug : .warning, "reconciling failed; it is tried again",
                  metadata: ["key": "\(key)", "error": "\(error)", "wait": "\(wait)"])
              }
            }
          }
        }
      }
    } onCancel: {
      Task { await self.close() }
    }
  }

  private func next() async -> Key? {
    if closed { return nil }
    if let key = dequeue() { return key }
    return await withCheckedContinuation { idle.append($0) }
  }

  private func dequeue() -> Key? {
    guard head < ready.count else { return nil }
    let key = ready[head]
    head += 1
    if head == ready.count {
      ready.removeAll(keepingCapacity: true)
      head = 0
    }
    states[key] = .running
    return key
  }

  private func enqueue(_ key: Key) {
    guard !closed else { return }
    states[key] = .queued
    ready.append(key)
    if let waiter = idle.popLast() { waiter.resume(returning: dequeue()) }
  }

  private func ended(_ tick: Int64) {
    for key in waiting.removeValue(forKey: tick)?.keys ?? [] where states[key] == .waiting(tick) { enqueue(key) }
  }

  private func finished(_ key: Key, again: Duration?) {
    failures[key] = nil
    settle(key, again: again)
  }

  private func failed(_ key: Key) -> Duration {
    let count = failures[key, default: 0]
    failures[key] = count + 1
    let wait = min(Duration.milliseconds(50) * (1 << min(count, 16)), .seconds(Limits.retrySecondsMax))
    settle(key, again: wait)
    return wait
  }

  private func settle(_ key: Key, again: Duration?) {
    let dirty = states[key] == .runningAndDirty
    states[key] = nil
    if dirty {
      enqueue(key)
    } else if let again {
      add(key, after: again)
    }
  }

  private func close() {
    closed = true
    for waiting in waiting.values { waiting.timer.cancel() }
    waiting = [:]
    for waiter in idle { waiter.resume(returning: nil) }
    idle.removeAll()
  }
}
