import Foundation
import Store
import Synchronization
import Testing

@Suite("Compaction")
struct CompactionTests {
  private func configuration(keep: Int, age: Duration = .zero, maximum: Int = .max) -> SQLiteStoreConfiguration {
    SQLiteStoreConfiguration(
      compaction: .init(keepRevisions: keep, keepAge: age, maximumRevisions: maximum, interval: nil))
  }

  @Test("history above the horizon is complete with its previous objects, and what begins below it is told so")
  func horizon() async throws {
    try await withDirectory { directory in
      var store = try await SQLiteStore(path: directory, configuration: configuration(keep: 100))
      for round in 0..<30 {
        _ = try await store.commit((0..<50).map { .put(.pod("\($0)"), Array(text: "\(round)")) })
      }
      let before = try await drain(store)
      #expect(try await store.compact() == Revision(1400))
      #expect(try await store.list(kind: "Pod").objects.count == 50)
      #expect(try await code { _ = try store.watch(kinds: [], after: Revision(1399)) } == .compacted)
      try await store.close()
      store = try await SQLiteStore(path: directory, configuration: configuration(keep: 100))
      #expect(try await drain(store, after: Revision(1400)) == Array(before.suffix(100)))
      #expect(try await code { _ = try store.watch(kinds: [], after: .zero) } == .compacted)
      try await store.close()
    }
  }

  @Test("a watcher that falls behind the horizon is told so instead of missing events")
  func overtaken() async throws {
    try await withDirectory { directory in
      let store = try await SQLiteStore(path: directory, configuration: configuration(keep: 10))
      _ = try await store.commit([.put(.pod("a"), [])])
      var slow = try store.watch(kinds: [], after: .zero).makeAsyncIterator()
      #expect(try await take(1, &slow).count == 1)
      for _ in 0..<2 {
        _ = try await store.commit((0..<10_000).map { .put(.pod("\($0)"), []) })
      }
      try await store.compact()
      let error = await #expect(throws: StoreError.self) { _ = try await slow.next() }
      #expect(error?.code == .compacted)
      try await store.close()
    }
  }

  @Test("what memory no longer holds for its age, watchers read from disk")
  func forgotten() async throws {
    try await withDirectory { directory in
      var configuration = SQLiteStoreConfiguration()
      configuration.compaction.interval = .milliseconds(10)
      configuration.recentAge = .zero
      let store = try await SQLiteStore(path: directory, configuration: configuration)
      let count = StoreLimits.eventsAtRest * 2
      var slow = try store.watch(kinds: [], after: .zero).makeAsyncIterator()
      for batch in 0..<4 {
        _ = try await store.commit((0..<count / 4).map { .put(.pod("\(batch)-\($0)"), []) })
      }
      var found: [StoreEvent] = []
      while found.count < count, let page = try await slow.nextPage() {
        #expect(!page.isEmpty)
        found += page
        // Until memory has let go of the rest.
        try await Task.sleep(for: .milliseconds(15))
      }
      #expect(found.map(\.revision.value) == Array(1...UInt64(count)))
      // A store at rest works on, whatever it gave back.
      #expect(try await store.get(.pod("3-1")) != nil)
      _ = try await store.commit([.put(.pod("new"), [])])
      #expect(try await slow.nextPage()?.map(\.key) == [.pod("new")])
      try await store.close()
    }
  }

  @Test("young revisions are kept whatever their number, up to the maximum, and old ones go by themselves")
  func age() async throws {
    let time = Mutex(Duration.zero)
    try await withDirectory { directory in
      var configuration = configuration(keep: 5, age: .seconds(60), maximum: 40)
      configuration.uptime = { time.withLock { $0 } }
      let store = try await SQLiteStore(path: directory, configuration: configuration)
      for index in 0..<20 { _ = try await store.commit([.put(.pod("\(index)"), [])]) }
      #expect(try await store.compact() == .zero)
      time.withLock { $0 += .seconds(30) }
      for index in 0..<30 { _ = try await store.commit([.put(.pod("\(index)"), [])]) }
      #expect(try await store.compact() == Revision(10), "50 revisions, of which 40 are allowed")
      time.withLock { $0 += .seconds(31) }
      #expect(try await store.compact() == Revision(20), "the first 20 are older than a minute now")
      time.withLock { $0 += .seconds(60) }
      #expect(try await store.compact() == Revision(45), "all are old, of which 5 are kept")
      try await store.close()
    }
  }

  @Test("compaction runs in the background while writes go on, and stops with the store")
  func background() async throws {
    try await withDirectory { directory in
      var configuration = configuration(keep: 10)
      configuration.compaction.interval = .milliseconds(5)
      let store = try await SQLiteStore(path: directory, configuration: configuration)
      let deadline = ContinuousClock.now + .seconds(30)
      var isCompacted = false
      while !isCompacted, ContinuousClock.now < deadline {
        _ = try await store.commit((0..<20).map { .put(.pod("\($0)"), []) })
        isCompacted = try await code { _ = try store.watch(kinds: [], after: Revision(1)) } == .compacted
      }
      #expect(isCompacted)
      #expect(try await store.list(kind: "Pod").objects.count == 20)
      try await store.close()
    }
  }
}
