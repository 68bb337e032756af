import Document
import Logging
import NIOCore
import Synchronization
import Testing

@testable import KubeClient

@Suite("ResourceWatcher") struct ResourceWatcherTests {
  /// One object at one version.
  private func object(_ name: String, _ version: String, uid: String? = nil) -> Value {
    [
      "metadata": [
        "name": .string(name), "namespace": "n", "uid": .string(uid ?? name), "resourceVersion": .string(version),
      ]
    ]
  }

  private func line(_ type: String, _ object: Value) -> ByteBuffer {
    ByteBuffer(string: JSON.string(["type": .string(type), "object": object]) + "\n")
  }

  /// A server played from a script: each list or watch takes the next entry.
  private final class Script: Sendable {
    enum Step: Sendable {
      case list(Result<ObjectList, KubeClientError>)
      case watch([ByteBuffer], end: KubeClientError?)
      case refuse(KubeClientError)
    }

    private let steps: Mutex<[Step]>
    private let finished: @Sendable () -> Void
    let asked = Mutex<[String]>([])

    init(_ steps: [Step], finished: @escaping @Sendable () -> Void) {
      self.steps = Mutex(steps)
      self.finished = finished
    }

    private func next(_ what: String) throws(KubeClientError) -> Step {
      asked.withLock { $0.append(what) }
      guard let step = steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
        finished()
        throw KubeClientError(.cancelled, "the script is over")
      }
      return step
    }

    var source: ResourceWatcher.Source {
      let list: @Sendable () async throws(KubeClientError) -> ObjectList = { () async throws(KubeClientError) in
        guard case .list(let result) = try self.next("list") else {
          throw KubeClientError(.malformed, "no list expected")
        }
        return try result.get()
      }
      let watch: @Sendable (String) async throws(KubeClientError) -> KubeWatch = {
        (version) async throws(KubeClientError) in
        switch try self.next("watch \(version)") {
        case .list: throw KubeClientError(.malformed, "no watch expected")
        case .refuse(let error): throw error
        case .watch(let parts, let end):
          let body = AsyncThrowingStream<ByteBuffer, any Error> { stream in
            for part in parts { stream.yield(part) }
            stream.finish(throwing: end)
          }
          return KubeWatch(body, limits: .init()) { $0 as? KubeClientError ?? KubeClientError(.unavailable, "\($0)") }
        }
      }
      return ResourceWatcher.Source(list: list, watch: watch)
    }
  }

  /// Plays a script to its end; returns what the handler was told and what the server was asked.
  private func play(_ steps: [Script.Step]) async -> (told: [String], asked: [String], waits: [Duration]) {
    let told = Mutex<[String]>([])
    let waits = Mutex<[Duration]>([])
    let script = Script(steps) {}
    let watcher = ResourceWatcher(
      source: script.source, name: "test", backoff: .init(), random: { 0.5 },
      sleep: { wait in waits.withLock { $0.append(wait) } }, logger: Logger(label: "test"))
    await watcher.run { event in
      let text =
        switch event {
        case .change(.changed(let object)):
          "\(object.at("metadata", "name")?.string ?? "")@\(object.at("metadata", "resourceVersion")?.string ?? "")"
        case .change(.removed(let reference)): "-\(reference.name)/\(reference.uid)"
        case .synced(let version): "synced \(version)"
        case .interrupted(let error): "interrupted \(error.code)"
        case .resumed: "resumed"
        }
      told.withLock { $0.append(text) }
    }
    return (told.withLock { $0 }, script.asked.withLock { $0 }, waits.withLock { $0 })
  }

  private func list(_ version: String, _ items: [Value]) -> Script.Step {
    .list(.success(ObjectList(items: items, resourceVersion: version)))
  }

  @Test("a list is told, then each change once, and the next watch goes on from the last event or bookmark")
  func follows() async {
    let bookmark: Value = ["metadata": ["resourceVersion": "9"]]
    let result = await play([
      list("5", [object("a", "3"), object("b", "4")]),
      .watch(
        [
          line("MODIFIED", object("a", "6")), line("ADDED", object("b", "4")), line("DELETED", object("b", "7")),
          line("BOOKMARK", bookmark),
        ], end: nil),
      .watch([], end: nil),
    ])
    #expect(result.told == ["a@3", "b@4", "synced 5", "a@6", "-b/b"])
    #expect(result.asked == ["list", "watch 5", "watch 9", "watch 9"])
  }

  @Test("an error is never a deletion: what was told stays until a complete list lacks it")
  func errors() async {
    let lost = KubeClientError(.unavailable, "gone away")
    let result = await play([
      .list(.failure(lost)), list("5", [object("a", "3"), object("b", "4")]),
      .watch([line("ADDED", object("c", "6"))], end: lost),
      .refuse(KubeClientError(.forbidden, "no")),
      .watch([line("MODIFIED", object("c", "8"))], end: KubeClientError(.expired, "too old")),
      .list(.failure(lost)), list("20", [object("b", "4"), object("c", "8", uid: "c2")]),
    ])
    #expect(
      result.told == [
        "interrupted unavailable", "a@3", "b@4", "synced 5", "c@6", "interrupted unavailable", "interrupted forbidden",
        "resumed", "c@8",
        "interrupted unavailable", "-c/c", "c@8", "-a/a", "synced 20",
      ])
    #expect(result.asked == ["list", "list", "watch 5", "watch 6", "watch 6", "list", "list", "watch 20"])
  }

  @Test("waits grow with failures, stay within their bounds, and begin anew after news")
  func waits() async {
    let lost = KubeClientError(.unavailable, "gone away")
    let result = await play(
      Array(repeating: .list(.failure(lost)), count: 12) + [
        list("1", []), .watch([line("ADDED", object("a", "2"))], end: lost),
      ])
    #expect(result.waits.first == .milliseconds(200) && result.waits.last == .milliseconds(200))
    #expect(result.waits[1] == .milliseconds(350) && result.waits[11] > .seconds(15))
    var backoff = WatchBackoff()
    var random = SystemRandomNumberGenerator()
    for _ in 0..<1000 {
      let wait = backoff.next(random: .random(in: 0..<1, using: &random))
      #expect(wait >= .milliseconds(100) && wait <= .seconds(30))
    }
  }

  @Test("events are found however the bytes are cut, and one without end is refused")
  func lines() async throws {
    let text = [line("ADDED", object("ä", "1")), ByteBuffer(string: "\n"), line("MODIFIED", object("b", "2"))].reduce(
      into: [UInt8]()
    ) {
      $0 += Array($1.readableBytesView)
    }
    for size in [1, 2, 3, 7, 1000] {
      let parts = stride(from: 0, to: text.count, by: size).map {
        ByteBuffer(bytes: text[$0..<min($0 + size, text.count)])
      }
      #expect(try await read(parts + [ByteBuffer(string: "{\"type\":\"AD")]).count == 2)
    }
    var limits = KubeClientLimits()
    limits.watchEventBytes = 100
    await #expect(throws: KubeClientError.self) { try await read([ByteBuffer(repeating: 0x61, count: 101)], limits) }
    await #expect(throws: KubeClientError.self) { try await read([ByteBuffer(string: "garbage\n")]) }
    let status = #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}"# + "\n"
    await #expect {
      _ = try await read([ByteBuffer(string: status)])
    } throws: { ($0 as? KubeClientError)?.code == .expired }
  }

  private func read(_ parts: [ByteBuffer], _ limits: KubeClientLimits = .init()) async throws(KubeClientError)
    -> [WatchEvent]
  {
    let body = AsyncThrowingStream<ByteBuffer, any Error> { stream in
      for part in parts { stream.yield(part) }
      stream.finish()
    }
    var events = [WatchEvent]()
    var iterator = KubeWatch(body, limits: limits) { KubeClientError(.unavailable, "\($0)") }.makeAsyncIterator()
    while let event = try await iterator.next() { events.append(event) }
    return events
  }
}
