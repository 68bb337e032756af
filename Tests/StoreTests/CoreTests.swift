import Testing

@testable import Store

@Suite("Cores")
struct CoreTests {
  @Test("a lone write goes at once, and what comes meanwhile goes together, in order, within the limits")
  func writeQueue() throws {
    var queue = WriteQueue<Int>()
    #expect(try queue.add(0, count: 1, bytes: 10))
    #expect(queue.nextGroup() == [0])
    for entry in 1...3 { #expect(try queue.add(entry, count: StoreLimits.groupWrites / 2, bytes: 1) == false) }
    #expect(try queue.add(4, count: 1, bytes: StoreLimits.groupBytes + 1) == false)
    #expect(try queue.add(5, count: 1, bytes: 1) == false)
    #expect(queue.nextGroup() == [1, 2])
    #expect(queue.nextGroup() == [3])
    #expect(queue.nextGroup() == [4])
    #expect(queue.nextGroup() == [5])
    #expect(queue.nextGroup().isEmpty && !queue.isWriting)
    #expect(try queue.add(6, count: 1, bytes: 1))
    #expect(throws: StoreError.self) { try queue.add(7, count: 1, bytes: StoreLimits.pendingBytes) }
    #expect(throws: StoreError.self) { try queue.add(7, count: StoreLimits.pendingWrites, bytes: 0) }
    #expect(queue.nextGroup() == [6])
  }

  @Test("recent events stay within their limits, and tell from where they are complete")
  func recentEvents() {
    var recent = RecentEvents(last: 100, eventLimit: 50, byteLimit: 100_000)
    #expect(recent.floor == 100)
    func event(_ revision: UInt64, _ bytes: Int) -> StoreEvent {
      let key = ObjectKey(kind: revision % 2 == 0 ? "Even" : "Odd", name: "\(revision)")
      let object = StoredObject(
        key: key, body: .init(repeating: 0, count: bytes), revision: Revision(revision), created: .zero)
      return StoreEvent(revision: Revision(revision), key: key, object: object, previous: nil)
    }
    let start = ContinuousClock.now
    for revision in 101...400 {
      recent.append([event(UInt64(revision), 10)], at: start + .seconds(revision))
      #expect(recent.committed(UInt64(revision)) == start + .seconds(revision))
      #expect(recent.committed(recent.floor) == nil && recent.committed(UInt64(revision) + 1) == nil)
      #expect(recent.committed(recent.floor + 1) == start + .seconds(Int(recent.floor) + 1))
      #expect(recent.count <= 50 && recent.last == UInt64(revision))
      #expect(recent.floor == max(100, UInt64(revision) - 50))
      let page = recent.page(after: recent.floor, kinds: ["Odd"], limit: 10)
      #expect(page.events.count <= 10 && page.events.allSatisfy { $0.revision.value % 2 == 1 })
      #expect(page.events.count == 10 || page.reached == recent.last)
    }
    #expect(recent.page(after: 395, kinds: [], limit: 99).events.map(\.revision.value) == [396, 397, 398, 399, 400])
    recent.append([event(401, 99_000)], at: start)
    #expect(recent.count == 3, "a large event pushes out as many as its bytes need")
    recent.append([event(402, 200_000)], at: start)
    #expect(recent.count == 0 && recent.floor == 402, "one too large for memory is read from disk")
  }

  @Test("recent events that have grown old are let go of, the newer ones are complete from where it says")
  func oldEvents() {
    var recent = RecentEvents(last: 0, eventLimit: 1000, byteLimit: 1 << 20)
    let start = ContinuousClock.now
    for revision in UInt64(1)...500 {
      let event = StoreEvent(
        revision: Revision(revision), key: ObjectKey(kind: "Pod", name: "a"), object: nil, previous: nil)
      recent.append([event], at: start + .seconds(revision))
    }
    recent.forget(before: start)
    #expect(recent.floor == 0)
    recent.forget(before: start + .seconds(201))
    #expect(recent.floor == 200 && recent.count == 300)
    #expect(recent.page(after: 200, kinds: [], limit: 2).events.map(\.revision.value) == [201, 202])
    #expect(recent.committed(200) == nil && recent.committed(201) == start + .seconds(201))
    recent.forget(before: start + .seconds(1000))
    #expect(recent.floor == 500 && recent.count == 0 && recent.committed(500) == nil)
    recent.append(
      [StoreEvent(revision: Revision(501), key: ObjectKey(kind: "Pod", name: "a"), object: nil, previous: nil)],
      at: start)
    #expect(recent.page(after: 500, kinds: [], limit: 2).reached == 501)
  }

  @Test("what a reader makes of an event's object is made once for all readers of that type")
  func sharedReading() throws {
    let key = ObjectKey(kind: "Pod", name: "a")
    let plain = StoredObject(key: key, body: [1, 2], revision: .zero, created: .zero)
    let shared = StoredObject(key: key, body: [1, 2], revision: .zero, created: .zero, read: nil)
    #expect(plain == shared && Set([plain, shared]).count == 1)
    var reads = 0
    func read(_ object: StoredObject) throws -> Int {
      reads += 1
      if reads == 1 { throw StoreError(.corrupt, "") }
      return object.body.count
    }
    #expect(throws: StoreError.self) { try shared.reading(read) }
    #expect(try shared.reading(read) == 2 && shared.reading(read) == 2)
    #expect(reads == 2, "an error is not kept")
    #expect(shared.reading { "\($0.body)" } == "[1, 2]")
    _ = try plain.reading(read)
    _ = try plain.reading(read)
    #expect(reads == 4, "nobody else has what was read alone")
    let written = StoredObject(key: key, body: [1, 2], revision: .zero, created: .zero, read: 7)
    #expect(try written.reading(read) == 7 && reads == 4, "its writer had it")
    #expect(written.reading { "\($0.body)" } == "[1, 2]", "one of another type is no reading of this one")
  }

  @Test("a revision's text is read back exactly, and nothing else is taken for one")
  func revisionText() {
    #expect(Revision("42") == Revision(42) && Revision("0") == .zero)
    for text in ["", "-1", "+1", "01", " 1", "1a", "99999999999999999999"] { #expect(Revision(text) == nil) }
  }
}
