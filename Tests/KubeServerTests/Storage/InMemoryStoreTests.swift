import Document
import KubeServer
import Testing

@Suite("the in-memory store")
struct InMemoryStoreTests {
  private let store = InMemoryStore(history: 16)

  private func object(_ name: String, _ value: String = "") -> Value {
    ["metadata": ["name": .string(name), "namespace": "n"], "data": .string(value)]
  }

  @Test("pages of one list see one snapshot, whatever is written between them")
  func snapshot() async throws {
    let storage = store.storage(for: CoreKinds.configMap)
    for name in ["a", "b", "c", "d"] { _ = try await storage.create(object(name)) }
    let first = try await storage.list(namespace: nil, limit: 2, continue: nil)
    _ = try await storage.delete(namespace: "n", name: "c", resourceVersion: nil)
    _ = try await storage.create(object("bb"))
    _ = try await storage.update(object("d", "changed"))
    let second = try await storage.list(namespace: nil, limit: 2, continue: first.continue)
    #expect(second.items.map { $0.at("metadata", "name") } == ["c", "d"])
    #expect(second.items[1]["data"] == "" && second.continue == nil && second.resourceVersion == first.resourceVersion)
    for round in 0..<40 { _ = try await storage.update(object("a", "\(round)")) }
    await #expect { _ = try await storage.list(namespace: nil, limit: 2, continue: first.continue) } throws: {
      ($0 as? KubeError)?.code == .expired
    }
  }

  @Test("preconditions hold: taken names, missing objects and old revisions are refused")
  func preconditions() async throws {
    let storage = store.storage(for: CoreKinds.secret)
    let made = try await storage.create(object("a"))
    _ = try await storage.update(made)
    for (code, write) in [
      (KubeError.Code.alreadyExists, { () async throws in _ = try await storage.create(made) }),
      (.conflict, { _ = try await storage.update(made) }),
      (.conflict, { _ = try await storage.delete(namespace: "n", name: "a", resourceVersion: "1") }),
      (.notFound, { _ = try await storage.update(object("b")) }),
      (.notFound, { _ = try await storage.delete(namespace: "n", name: "b", resourceVersion: nil) }),
    ] as [(KubeError.Code, () async throws -> Void)] {
      await #expect { try await write() } throws: { ($0 as? KubeError)?.code == code }
    }
  }

  @Test("a watch sees every change of its kind and namespace in order, and revisions of other kinds as bookmarks")
  func watch() async throws {
    let storage = store.storage(for: CoreKinds.configMap)
    let other = store.storage(for: CoreKinds.secret)
    let start = String(store.revision)
    _ = try await storage.create(object("a"))
    _ = try await other.create(object("s"))
    _ = try await storage.update(object("a", "2"))
    _ = try await storage.delete(namespace: "n", name: "a", resourceVersion: nil)
    _ = try await other.delete(namespace: "n", name: "s", resourceVersion: nil)
    var seen: [String] = []
    for try await event in try await storage.watch(namespace: "n", resourceVersion: start) {
      switch event {
      case .added(let object): seen.append("added \(object["data"]?.string ?? "")")
      case .modified(let old, let new): seen.append("\(old["data"]?.string ?? "")->\(new["data"]?.string ?? "")")
      case .deleted(let object): seen.append("deleted \(object.at("metadata", "resourceVersion")?.string ?? "")")
      case .bookmark(let version): seen.append("bookmark \(version)")
      }
      if seen.count == 4 { break }
    }
    #expect(seen == ["added ", "->2", "deleted 5", "bookmark 6"])
  }
}
