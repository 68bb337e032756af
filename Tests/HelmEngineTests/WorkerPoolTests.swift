import Foundation
import Synchronization
import Testing

@testable import HelmEngine

@Suite struct WorkerPoolTests {
  private let release = ReleaseIdentity(name: "a", namespace: "n")

  @Test("operations of one release never overlap, however many threads there are")
  func serial() async throws {
    let pool = WorkerPool(threads: 4, capacity: 100)
    let release = release
    let overlap = Overlap()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await pool.perform(key: release) {
            let overlaps = overlap.enter()
            #expect(!overlaps)
            usleep(500)
            overlap.leave()
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("operations of different releases run at the same time")
  func parallel() async throws {
    let pool = WorkerPool(threads: 2, capacity: 10)
    let meeting = Meeting()
    async let first: Bool = pool.perform(key: ReleaseIdentity(name: "a", namespace: "n")) { meeting.meet() }
    async let second: Bool = pool.perform(key: ReleaseIdentity(name: "b", namespace: "n")) { meeting.meet() }
    #expect(try await first)
    #expect(try await second)
  }

  @Test("a cancelled task's operation does not begin, and the next one of its release does")
  func cancellation() async throws {
    let pool = WorkerPool(threads: 1, capacity: 10)
    let release = release
    let gate = DispatchSemaphore(value: 0)
    let begun = DispatchSemaphore(value: 0)
    let journal = Journal()
    let first = Task {
      try await pool.perform(key: release) {
        begun.signal()
        gate.wait()
      }
    }
    await Task.detached { await wait(for: begun) }.value
    let second = Task { try await pool.perform(key: release) { journal.note("second") } }
    let third = Task { try await pool.perform(key: release) { journal.note("third") } }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    gate.signal()
    try await first.value
    try await third.value
    #expect(journal.entries == ["third"])
  }

  @Test("beyond its capacity a pool refuses at once")
  func overload() async throws {
    let pool = WorkerPool(threads: 1, capacity: 1)
    let gate = DispatchSemaphore(value: 0)
    let begun = DispatchSemaphore(value: 0)
    let first = Task {
      try await pool.perform(key: nil) {
        begun.signal()
        gate.wait()
      }
    }
    await Task.detached { await wait(for: begun) }.value
    // The first goes on when two were refused, and not before: a place that becomes free would be somebody's.
    let refusals = Journal()
    let results = await withTaskGroup(of: HelmError.Code?.self, returning: [HelmError.Code?].self) { group in
      for _ in 0..<3 {
        group.addTask {
          do {
            try await pool.perform(key: nil) {}
            return nil
          } catch {
            refusals.note("refused")
            if refusals.entries.count == 2 { gate.signal() }
            return (error as? HelmError)?.code
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    try await first.value
    #expect(results.filter { $0 == .overloaded }.count == 2)
  }
}

/// Whether somebody is inside already.
private final class Overlap: Sendable {
  private let inside = Mutex(0)

  func enter() -> Bool {
    inside.withLock { count in
      count += 1
      return count > 1
    }
  }

  func leave() { inside.withLock { $0 -= 1 } }
}

/// What ran, in order.
private final class Journal: Sendable {
  private let lines = Mutex<[String]>([])

  var entries: [String] { lines.withLock { $0 } }

  func note(_ line: String) { lines.withLock { $0.append(line) } }
}

/// Two that have to be there at the same time.
private final class Meeting: Sendable {
  private let arrived = Mutex(0)
  private let both = DispatchSemaphore(value: 0)

  func meet() -> Bool {
    let isSecond = arrived.withLock { count in
      count += 1
      return count == 2
    }
    if isSecond {
      both.signal()
      both.signal()
    }
    return both.wait(timeout: .now() + .seconds(10)) == .success
  }
}

private func wait(for semaphore: DispatchSemaphore) async {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      semaphore.wait()
      continuation.resume()
    }
  }
}
