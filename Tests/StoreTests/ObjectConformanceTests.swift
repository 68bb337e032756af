import Foundation
import Store
import Testing

@Suite("Objects and commits")
struct ObjectConformanceTests {
  @Test(
    "an object is read back as written, keeps its creation through changes, and is gone once deleted",
    arguments: StoreBackend.all)
  func lifecycle(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let key = ObjectKey.pod("a")
      #expect(try await store.get(key) == nil)
      let created = try await store.commit([.put(key, [1, 2])])
      let changed = try await store.commit([.put(key, [])])
      #expect(created.revision == Revision(1) && changed.revision == Revision(2))
      #expect(
        try await store.get(key)
          == StoredObject(key: key, body: [], revision: changed.revision, created: created.revision))
      let deleted = try await store.commit([.delete(key)])
      #expect(try await store.get(key) == nil)
      let again = try await store.commit([.put(key, [3])])
      #expect(try await store.get(key)?.created == again.revision)
      #expect(deleted.revision < again.revision)
      #expect(await store.currentRevision() == again.revision)
    }
  }

  @Test(
    "each precondition that does not hold fails with its own code and names the object", arguments: StoreBackend.all)
  func preconditions(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let (there, missing) = (ObjectKey.pod("there"), ObjectKey.pod("missing"))
      let revision = try await store.commit([.put(there, [1])]).revision
      let cases: [(Write, StoreError.Code)] = [
        (.put(there, [2], if: .absent), .alreadyExists), (.put(missing, [2], if: .exists), .notFound),
        (.put(missing, [2], if: .revision(revision)), .notFound),
        (.put(there, [2], if: .revision(Revision(9))), .conflict),
        (.delete(missing, if: .exists), .notFound), (.delete(there, if: .revision(.zero)), .conflict),
        (.delete(missing, if: .revision(revision)), .notFound), (.delete(there, if: .absent), .alreadyExists),
      ]
      for (write, expected) in cases {
        let error = await #expect(throws: StoreError.self) { _ = try await store.commit([write]) }
        #expect(error?.code == expected && error?.key == write.key, "\(write)")
      }
      #expect(await store.currentRevision() == revision)
      _ = try await store.commit([
        .put(there, [3], if: .revision(revision)), .put(missing, [4], if: .absent), .delete(there, if: .exists),
        .delete(missing, if: .revision(Revision(revision.value + 2))),
      ])
      #expect(try await store.list(kind: "Pod").objects.isEmpty)
    }
  }

  @Test(
    "a commit happens entirely or not at all, and its writes have consecutive revisions", arguments: StoreBackend.all)
  func atomicity(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let first = try await store.commit([
        .put(.pod("a"), [1]), .put(.pod("b"), [2]), .delete(.pod("none")), .delete(.pod("a")),
      ])
      #expect(first.revisions == [Revision(1), Revision(2), Revision(2), Revision(3)])
      let failure = try await code {
        _ = try await store.commit([
          .put(.pod("b"), [9]), .delete(.pod("b")), .put(.pod("c"), [9]), .put(.pod("c"), [8], if: .absent),
        ])
      }
      #expect(failure == .alreadyExists)
      #expect(try await store.list(kind: "Pod").objects.map(\.body) == [[2]])
      #expect(try await store.commit([]).revision == Revision(3))
      #expect(try await drain(store).map(\.revision.value) == [1, 2, 3])
    }
  }

  @Test(
    "writers that race on one counter lose no increment, and one's conflict fails nobody else",
    arguments: StoreBackend.all)
  func compareAndSwap(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let key = ObjectKey.pod("counter")
      _ = try await store.commit([.put(key, Array(text: "0"))])
      let (writers, rounds) = (16, 10)
      let conflicts = try await withThrowingTaskGroup(of: Int.self) { group in
        for writer in 0..<writers {
          group.addTask {
            var conflicts = 0
            for round in 0..<rounds {
              while true {
                let now = try #require(try await store.get(key))
                let value = try #require(Int(String(decoding: now.body, as: UTF8.self)))
                let failure = try await code {
                  _ = try await store.commit([
                    .put(key, Array(text: "\(value + 1)"), if: .revision(now.revision)),
                    .put(.pod("\(writer)-\(round)"), [], if: .absent),
                  ])
                }
                if failure == nil { break }
                #expect(failure == .conflict)
                conflicts += 1
              }
            }
            return conflicts
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(try await store.get(key)?.body == Array(text: "\(writers * rounds)"))
      #expect(conflicts > 0, "the writers never met, so this test shows nothing")
      #expect(await store.currentRevision() == Revision(UInt64(1 + 2 * writers * rounds)))
    }
  }

  @Test(
    "pages cover a kind once, in byte order of namespace and name, and nothing of other kinds",
    arguments: StoreBackend.all)
  func pages(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let names = ["a", "A", "ä", "a-b", "a.b", "a/b", "zz", "0", "a b"]
      var keys = ["", "ns", "ns-2", "z"].flatMap { namespace in names.map { ObjectKey.pod($0, in: namespace) } }
      let writes = keys.shuffled().map { Write.put($0, Array(text: $0.description)) }
      _ = try await store.commit(
        writes + [.put(ObjectKey(kind: "Poc", name: "a"), []), .put(ObjectKey(kind: "Podd", name: "a"), [])])
      keys.sort()
      for limit in [1, 4, 36, 37, 100] {
        var (found, next): ([ObjectKey], ObjectKey?) = ([], nil)
        repeat {
          let page = try await store.list(kind: "Pod", limit: limit, after: next)
          #expect(page.objects.count <= limit && page.revision == Revision(38))
          found += page.objects.map(\.key)
          next = page.next
        } while next != nil
        #expect(found == keys, "limit \(limit)")
      }
      let some = try await store.list(kind: "Pod", namespace: "ns", limit: 5)
      let rest = try await store.list(kind: "Pod", namespace: "ns", limit: nil, after: some.next)
      #expect((some.objects + rest.objects).map(\.key) == keys.filter { $0.namespace == "ns" })
      #expect(rest.next == nil)
    }
  }

  @Test("what exceeds a limit is refused by the limit's name before anything is written", arguments: StoreBackend.all)
  func limits(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let long = String(repeating: "n", count: StoreLimits.nameBytes + 1)
      let cases: [([Write], String)] = [
        ([.put(.pod("a"), [UInt8](repeating: 0, count: StoreLimits.objectBytes + 1))], "objectBytes"),
        ([.put(.pod(long), [])], "nameBytes"), ([.put(.pod(""), [])], "empty"), ([.put(.pod("a\0b"), [])], "NUL"),
        ((0...StoreLimits.commitWrites).map { .put(.pod("\($0)"), []) }, "commitWrites"),
      ]
      for (writes, name) in cases {
        let error = await #expect(throws: StoreError.self) { _ = try await store.commit(writes) }
        #expect(error?.code == .limitExceeded && error?.message.contains(name) == true)
      }
      #expect(await store.currentRevision() == .zero)
    }
  }

  @Test(
    "everything acknowledged is there after closing and opening again, and revisions go on", arguments: StoreBackend.all
  )
  func reopening(backend: StoreBackend) async throws {
    try await withDirectory { directory in
      var store = try await backend.open(directory, .quiet)
      _ = try await store.commit([.put(.pod("a"), [1]), .put(.pod("b"), [2])])
      let deletion = try await store.commit([.delete(.pod("a"))])
      let digest = try await store.putBlob([7, 7])
      let before = try await drain(store)
      try await backend.close(store)
      #expect(try await code { _ = try await store.get(.pod("b")) } == .closed)
      #expect(try await code { _ = try await store.commit([.delete(.pod("b"))]) } == .closed)
      store = try await backend.open(directory, .quiet)
      #expect(await store.currentRevision() == deletion.revision)
      #expect(try await store.list(kind: "Pod").objects.map(\.key.name) == ["b"])
      #expect(try await store.blob(digest) == [7, 7])
      #expect(try await drain(store) == before)
      #expect(try await store.commit([.put(.pod("c"), [])]).revision == Revision(deletion.revision.value + 1))
      try await backend.close(store)
    }
  }
}
