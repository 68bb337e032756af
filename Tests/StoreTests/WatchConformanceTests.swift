import Foundation
import Store
import Testing

@Suite("Watch and history")
struct WatchConformanceTests {
  @Test(
    "random commits: events from every revision rebuild exactly the state, with the previous object each",
    arguments: StoreBackend.all, [1, 2, 3] as [UInt64])
  func model(backend: StoreBackend, seed: UInt64) async throws {
    try await backend.withStore { store, directory in
      var random = SeededGenerator(state: seed)
      var model: [ObjectKey: StoredObject] = [:]
      var states: [[ObjectKey: StoredObject]] = [model]
      for _ in 0..<120 {
        var writes: [Write] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let kind = ["Pod", "Node", "Secret"].randomElement(using: &random) ?? ""
          let key = ObjectKey(
            kind: kind, namespace: "n\(Int.random(in: 0...1, using: &random))",
            name: "x\(Int.random(in: 0...4, using: &random))")
          let body = [UInt8].init(
            repeating: UInt8.random(in: 0...255, using: &random), count: Int.random(in: 0...40, using: &random))
          writes.append(Int.random(in: 0...3, using: &random) == 0 ? .delete(key) : .put(key, body))
        }
        let commit = try await store.commit(writes)
        for (write, revision) in zip(writes, commit.revisions) {
          switch write.change {
          case .put(let body):
            let created = model[write.key]?.created ?? revision
            model[write.key] = StoredObject(key: write.key, body: body, revision: revision, created: created)
          case .delete:
            guard model.removeValue(forKey: write.key) != nil else { continue }
          }
          states.append(model)
        }
      }
      try await check(store, states)
      try await backend.close(store)
      // From disk alone: nothing is in memory after opening.
      let reopened = try await backend.open(directory, .quiet)
      try await check(reopened, states)
      try await backend.close(reopened)
    }
  }

  private func check(_ store: any Store, _ states: [[ObjectKey: StoredObject]]) async throws {
    #expect(await store.currentRevision() == Revision(UInt64(states.count - 1)))
    let all = try await drain(store)
    #expect(all.map(\.revision.value) == Array(1..<UInt64(states.count)))
    for event in all {
      let index = Int(event.revision.value)
      #expect(event.object == states[index][event.key] && event.previous == states[index - 1][event.key])
      #expect(event.object != nil || event.previous != nil)
    }
    for start in stride(from: 0, to: states.count, by: 37) {
      let pods = try await drain(store, after: Revision(UInt64(start)), kinds: ["Pod", "Node"])
      #expect(pods == all.dropFirst(start).filter { $0.key.kind != "Secret" })
    }
    let now = try await store.list(kind: "Secret").objects
    #expect(now == states.last?.values.filter { $0.key.kind == "Secret" }.sorted { $0.key < $1.key })
  }

  @Test(
    "a listing and a watch from its revision miss nothing and repeat nothing while others write",
    arguments: StoreBackend.all)
  func listThenWatch(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let total = 600
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask {
            for number in 0..<total / 4 { _ = try await store.commit([.put(.pod("\(writer)-\(number)"), [])]) }
          }
        }
        for _ in 0..<6 {
          group.addTask {
            let listing = try await store.list(kind: "Pod")
            var seen = Set(listing.objects.map(\.key))
            var iterator = try store.watch(kinds: ["Pod"], after: listing.revision).makeAsyncIterator()
            for event in try await take(total - seen.count, &iterator) {
              #expect(seen.insert(event.key).inserted && event.previous == nil)
            }
            #expect(seen.count == total)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test(
    "a commit's events can be seen as soon as it is acknowledged, by watchers of their kind alone",
    arguments: StoreBackend.all)
  func liveness(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      var pods = try store.watch(kinds: ["Pod"], after: .zero).makeAsyncIterator()
      guard case .idle(.zero) = try await pods.next(within: .milliseconds(5)) else {
        Issue.record("an empty store has no events")
        return
      }
      let waiting = Task { [pods] in
        var pods = pods
        return try await take(1, &pods)
      }
      let other = try await store.commit([.put(ObjectKey(kind: "Node", name: "n"), [])])
      let pod = try await store.commit([.put(.pod("a"), [1])])
      #expect(try await waiting.value.map(\.revision) == [pod.revision])
      // A watcher of a kind that is silent moves on all the same, so that its bookmarks stay young.
      var secrets = try store.watch(kinds: ["Secret"], after: other.revision).makeAsyncIterator()
      guard case .idle(pod.revision) = try await secrets.next(within: .milliseconds(5)) else {
        Issue.record("the idle watcher did not move past the other kinds' writes")
        return
      }
    }
  }

  @Test("a wait ends, however short it is", arguments: StoreBackend.all)
  func shortWaits(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for reader in 0..<8 {
          group.addTask {
            var watch = try store.watch(kinds: [], after: .zero).makeAsyncIterator()
            for turn in 0..<500 {
              guard case .idle(.zero) = try await watch.next(within: .microseconds((turn + reader) % 50)) else {
                throw CommandFailed(description: "an empty store has no events")
              }
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a watcher that stopped reading continues from disk, in order and without gaps", arguments: StoreBackend.all)
  func slowWatcher(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      var slow = try store.watch(kinds: ["Pod"], after: .zero).makeAsyncIterator()
      _ = try await store.commit([.put(.pod("first"), [])])
      #expect(try await take(1, &slow).map(\.key.name) == ["first"])
      let count = StoreLimits.recentEvents + 3000
      for start in stride(from: 0, to: count, by: 5000) {
        let numbers = start..<min(start + 5000, count)
        _ = try await store.commit(numbers.map { .put(.pod("\($0 % 100)"), Array(text: "\($0)")) })
      }
      var expected = 0
      for event in try await take(count, &slow) {
        #expect(event.object?.body == Array(text: "\(expected)"))
        let before = expected < 100 ? nil : Array(text: "\(expected - 100)")
        #expect(event.previous?.body == before)
        expected += 1
      }
      _ = try await store.commit([.delete(.pod("0"))])
      #expect(try await take(1, &slow).first?.object == nil)
    }
  }

  @Test("a watch ends when its task is cancelled", arguments: StoreBackend.all)
  func cancellation(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      for delay in [Duration.zero, .milliseconds(20)] {
        let task = Task {
          var count = 0
          for try await _ in try store.watch(kinds: [], after: .zero) { count += 1 }
          return count
        }
        try await Task.sleep(for: delay)
        task.cancel()
        #expect(try await task.value == 0)
      }
    }
  }

  @Test(
    "a revision that has not happened is refused, since the watch would miss what happens before it",
    arguments: StoreBackend.all)
  func ahead(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let failure = try await code { _ = try store.watch(kinds: [], after: Revision(1)) }
      #expect(failure == .revisionAhead)
    }
  }
}
