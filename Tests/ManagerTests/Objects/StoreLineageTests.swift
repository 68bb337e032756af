import Document
import Foundation
import Store
import Testing

@testable import Manager

@Suite("Whether a store is the one that an agent last followed") struct StoreLineageTests {
  @Test("A restarted manager's is, a restored or emptied one's is not")
  func histories() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "flotilla-lineage-\(UUIDText.make())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    func start<Result>(
      _ name: String, _ body: (StoreLineage, SQLiteStore) async throws -> Result
    ) async throws -> Result {
      let store = try await SQLiteStore(path: directory.appending(path: name).path)
      let result = try await body(try await StoreLineage.begin(in: store), store)
      try await store.close()
      return result
    }
    func write(_ count: Int, _ store: SQLiteStore) async throws -> UInt64 {
      for number in 0..<count {
        let key = ObjectKey(kind: "things", namespace: "n", name: "\(number)")
        _ = try await store.commit([.put(key, Array("{}".utf8))])
      }
      return await store.currentRevision().value
    }
    let (first, seen) = try await start("a") { ($0.current, try await write(5, $1)) }
    try FileManager.default.copyItem(at: directory.appending(path: "a"), to: directory.appending(path: "backup"))
    let (second, later) = try await start("a") { lineage, store in
      let later = try await write(5, store)
      #expect(lineage.contains(first, revision: seen, now: later), "a restart")
      #expect(lineage.contains(lineage.current, revision: later, now: later))
      return (lineage.current, later)
    }
    try await start("backup") { lineage, store in
      let now = try await write(50, store)
      #expect(lineage.contains(first, revision: seen, now: now), "the agent has seen nothing since the backup")
      #expect(!lineage.contains(first, revision: later, now: now), "it saw more of that start than the backup has")
      #expect(!lineage.contains(second, revision: later, now: now), "it saw a start that the backup knows nothing of")
    }
    try await start("empty") { lineage, store in
      let now = try await write(50, store)
      #expect(!lineage.contains(second, revision: later, now: now))
      #expect(!lineage.contains("", revision: 0, now: 100))
    }
  }
}
