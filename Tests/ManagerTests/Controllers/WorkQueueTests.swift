import Logging
import Synchronization
import Testing

@testable import Manager

@Suite struct WorkQueueTests {
  private final class Record: Sendable {
    let seen = Mutex<[String: Int]>([:])
    let running = Mutex<Set<String>>([])
    let overlaps = Mutex(0)

    func count(_ key: String) -> Int { seen.withLock { $0[key, default: 0] } }
  }

  private func until(_ deadline: Duration = .seconds(60), _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + deadline
    while ContinuousClock.now < end {
      if await condition() { return true }
      try? await Task.sleep(for: .milliseconds(2))
    }
    return false
  }

  @Test("one key is never worked on twice at a time, and what is added meanwhile is worked on again")
  func oneAtATime() async {
    let queue = WorkQueue<String>()
    let record = Record()
    let run = Task {
      await queue.run(workers: 4, logger: Logger(label: "test")) { key in
        if !record.running.withLock({ $0.insert(key).inserted }) { record.overlaps.withLock { $0 += 1 } }
        if record.count(key) == 0 { await queue.add(key) }
        await Task.yield()
        record.running.withLock { _ = $0.remove(key) }
        record.seen.withLock { $0[key, default: 0] += 1 }
        return nil
      }
    }
    for key in ["a", "b", "c"] { await queue.add(key) }
    #expect(await until { ["a", "b", "c"].allSatisfy { record.count($0) == 2 } })
    #expect(record.overlaps.withLock { $0 } == 0)
    run.cancel()
    await run.value
  }

  @Test("a key that is added for later while it is being worked on is not forgotten")
  func addedWhileRunning() async {
    let queue = WorkQueue<String>()
    let record = Record()
    let run = Task {
      await queue.run(workers: 1, logger: Logger(label: "test")) { key in
        if record.count(key) == 0 { await queue.add(key, after: .milliseconds(1)) }
        record.seen.withLock { $0[key, default: 0] += 1 }
        return nil
      }
    }
    await queue.add("a")
    #expect(await until { record.count("a") == 2 })
    run.cancel()
    await run.value
  }

  @Test("a key that waits is worked on once, after the shortest of its waits")
  func shortestWait() async {
    let queue = WorkQueue<String>()
    let record = Record()
    let run = Task {
      await queue.run(workers: 1, logger: Logger(label: "test")) { key in
        record.seen.withLock { $0[key, default: 0] += 1 }
        return nil
      }
    }
    await queue.add([("a", .milliseconds(100)), ("b", .seconds(600)), ("c", .milliseconds(1))])
    await queue.add([("a", .milliseconds(1)), ("b", .milliseconds(200)), ("c", .seconds(600))])
    #expect(await until { record.count("b") == 1 })
    #expect(record.count("a") == 1 && record.count("c") == 1)
    #expect(await queue.count == 0)
    run.cancel()
    await run.value
  }

  @Test("failed work is tried again, and cancelling ends the workers")
  func retry() async {
    struct Passing: Error {}
    let queue = WorkQueue<String>()
    let record = Record()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let quiet = logger
    let run = Task {
      await queue.run(workers: 1, logger: quiet) { key in
        let count = record.seen.withLock { seen in
          seen[key, default: 0] += 1
          return seen[key, default: 0]
        }
        if count < 3 { throw Passing() }
        return nil
      }
    }
    await queue.add("a")
    #expect(await until { record.count("a") == 3 })
    run.cancel()
    await run.value
  }
}
