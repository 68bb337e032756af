import Foundation
import Store

// Writes to the store in the given directory from several tasks for as long as it lives, and prints each revision and blob
// once it has been acknowledged. The crash test kills it.

let directory = CommandLine.arguments.dropFirst().first ?? ""
let store = try await SQLiteStore(
  path: directory, configuration: SQLiteStoreConfiguration(compaction: .init(interval: nil)))

/// One line in one system call, so that nothing is said that was not acknowledged, and nothing is kept in a buffer.
@Sendable func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(1, bytes, bytes.count)
}

try await withThrowingTaskGroup(of: Void.self) { group in
  for writer in 0..<6 {
    group.addTask {
      for number in 0... {
        let value = "\(getpid())-\(writer)-\(number)"
        let name = "\(writer)-\(number % 20)"
        let commit = try await store.commit([
          .put(ObjectKey(kind: "Pod", name: name + "-left"), Array(value.utf8)),
          .put(ObjectKey(kind: "Pod", name: name + "-right"), Array(value.utf8)),
        ])
        for revision in commit.revisions { say("commit \(revision) \(value)") }
        if number % 16 == 0 {
          let digest = try await store.putBlob(Array(repeating: UInt8(writer), count: 10_000) + Array(value.utf8))
          say("blob \(digest)")
        }
      }
    }
  }
  try await group.waitForAll()
}
