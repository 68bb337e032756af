import CGit2
import Dispatch
import Testing

@testable import GitSource

@Suite("libgit2 itself")
struct LibraryTests {
  @Test("nothing of the machine's git configuration is read, so no rewritten URL leads elsewhere")
  func configuration() throws {
    try GitLibrary.start()
    var config: OpaquePointer?
    #expect(git_config_open_default(&config) == 0)
    defer { git_config_free(config) }
    var iterator: OpaquePointer?
    #expect(git_config_iterator_new(&iterator, config) == 0)
    defer { git_config_iterator_free(iterator) }
    var entry: UnsafeMutablePointer<git_config_entry>?
    #expect(git_config_next(&entry, iterator) == GIT_ITEROVER.rawValue)
  }

  @Test("threads are shared out so that a full group keeps nobody else waiting")
  func groups() async {
    let threads = GitThreads(limit: 3)
    let gate = DispatchGroup()
    gate.enter()
    let results = await withTaskGroup(of: String.self) { group in
      for index in 0..<6 {
        group.addTask {
          await Self.text(
            threads.perform(in: [.init(name: "slow", limit: 2)]) {
              // Blocks its thread until the other group's job has run.
              gate.wait()
              return .success("slow \(index)")
            })
        }
      }
      group.addTask {
        let text = await Self.text(threads.perform(in: [.init(name: "fast", limit: 1)]) { .success("fast") })
        gate.leave()
        return text
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.first == "fast" && results.count == 7)
  }

  private static func text(_ result: Result<String, GitError>) -> String {
    (try? result.get()) ?? "failed"
  }
}
