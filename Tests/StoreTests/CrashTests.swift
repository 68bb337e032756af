import Foundation
import Store
import Testing

@Suite("kill -9")
struct CrashTests {
  /// What the writer says once the store has acknowledged it.
  private enum Acknowledgement {
    case commit(revision: UInt64, value: String)
    case blob(BlobDigest)

    init?(line: Substring) {
      let fields = line.split(separator: " ").map(String.init)
      switch (fields.first, fields.count) {
      case ("commit", 3):
        guard let revision = UInt64(fields[1]) else { return nil }
        self = .commit(revision: revision, value: fields[2])
      case ("blob", 2):
        guard let digest = BlobDigest(hex: fields[1]) else { return nil }
        self = .blob(digest)
      default: return nil
      }
    }
  }

  @Test(
    "whatever was acknowledged before a kill at a random moment is there, entire and in order", .timeLimit(.minutes(10))
  )
  func killedWriter() async throws {
    var random = SeededGenerator(state: UInt64(getpid()))
    try await withDirectory { directory in
      var last: UInt64 = 0
      for round in 0..<10 {
        let seen = try await writeUntilKilled(directory, after: Int.random(in: 1...400, using: &random))
        #expect(!seen.isEmpty)
        let store = try await SQLiteStore(path: directory, configuration: .quiet)
        // Only what is new: what earlier rounds wrote was looked at then, and is looked at once more at the end.
        let events = try await drain(store, after: Revision(last))
        let end = last + UInt64(events.count)
        #expect(events.map(\.revision.value) == Array((last + 1)..<(end + 1)), "round \(round)")
        #expect(await store.currentRevision().value == end)
        var previous = last
        for acknowledgement in seen {
          switch acknowledgement {
          case .commit(let revision, let value):
            #expect(revision > last, "a revision of an earlier round was given again")
            previous = max(previous, revision)
            let event = try #require(end >= revision ? events[Int(revision - last) - 1] : nil)
            #expect(event.object?.body == Array(text: value))
          case .blob(let digest):
            #expect(try await store.blob(digest) != nil)
          }
        }
        last = end
        #expect(previous <= last)
        // Every commit wrote the same value under two names, so a torn one would show here.
        let bodies = Dictionary(
          uniqueKeysWithValues: try await store.list(kind: "Pod").objects.map { ($0.key.name, $0.body) })
        for (name, body) in bodies where name.hasSuffix("-left") {
          #expect(bodies[name.replacing("-left", with: "-right")] == body)
        }
        if round == 9 { #expect(try await drain(store).map(\.revision.value) == Array(1..<(end + 1))) }
        try await store.close()
      }
    }
  }

  /// Runs the writer, kills it so many milliseconds after its first acknowledgement, and returns all it had said.
  private func writeUntilKilled(_ directory: String, after milliseconds: Int) async throws -> [Acknowledgement] {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("StoreCrashWriter").path
    let output = directory + ".said"
    defer { unlink(output) }
    let writer = try spawn(program, [directory], output: output)
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? String(contentsOfFile: output, encoding: .utf8))?.contains("\n") != true, ContinuousClock.now < deadline
    {
      try await Task.sleep(for: .milliseconds(5))
    }
    try await Task.sleep(for: .milliseconds(milliseconds))
    kill(writer, SIGKILL)
    reap(writer)
    let text = try String(contentsOfFile: output, encoding: .utf8)
    // What follows the last newline was not said to the end.
    let lines = text.prefix(upTo: text.lastIndex(of: "\n") ?? text.startIndex).split(separator: "\n")
    return lines.compactMap { Acknowledgement(line: $0) }
  }
}
