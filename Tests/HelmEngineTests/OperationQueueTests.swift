import Testing

@testable import HelmEngine

@Suite struct OperationQueueTests {
  private func entry(_ id: UInt64, _ key: String?) -> OperationQueue<String>.Entry {
    .init(id: id, key: key.map { ReleaseIdentity(name: $0, namespace: "n") }, operation: "\(id)")
  }

  @Test("operations of one release come one after another, in order, and others pass them")
  func order() {
    var queue = OperationQueue<String>(capacity: 10)
    #expect(queue.enqueue(entry(1, "a")) == .ready)
    #expect(queue.enqueue(entry(2, "a")) == .waiting)
    #expect(queue.enqueue(entry(3, "b")) == .ready)
    #expect(queue.enqueue(entry(4, nil)) == .ready)
    #expect(queue.next()?.id == 1)
    #expect(queue.next()?.id == 3)
    #expect(queue.next()?.id == 4)
    #expect(queue.next() == nil)
    #expect(queue.finished(ReleaseIdentity(name: "a", namespace: "n")) == true)
    #expect(queue.next()?.id == 2)
    #expect(queue.finished(ReleaseIdentity(name: "a", namespace: "n")) == false)
    #expect(queue.enqueue(entry(5, "a")) == .ready)
  }

  @Test("a full queue refuses, and admits again once an operation is taken")
  func capacity() {
    var queue = OperationQueue<String>(capacity: 2)
    #expect(queue.enqueue(entry(1, "a")) == .ready)
    #expect(queue.enqueue(entry(2, "a")) == .waiting)
    #expect(queue.enqueue(entry(3, nil)) == .refused)
    _ = queue.next()
    #expect(queue.enqueue(entry(3, nil)) == .ready)
  }

  @Test("a random schedule with removals performs each operation at most once, and never two of one release together")
  func randomSchedules() {
    for seed in 1...200 {
      var random = SeededRandom(state: UInt64(seed))
      var queue = OperationQueue<String>(capacity: 16)
      var running: [OperationQueue<String>.Entry] = []
      var done: [UInt64] = []
      var admitted: [UInt64: ReleaseIdentity?] = [:]
      for id in UInt64(1)...300 {
        let new = entry(id, ["a", "b", "c", nil].randomElement(using: &random) ?? nil)
        if queue.enqueue(new) != .refused { admitted[id] = new.key }
        if Bool.random(using: &random), let victim = admitted.randomElement(using: &random) {
          if queue.remove(id: victim.key, key: victim.value) != nil { done.append(victim.key) }
        }
        if Bool.random(using: &random), let next = queue.next() {
          #expect(next.key == nil || !running.contains { $0.key == next.key }, "seed \(seed)")
          running.append(next)
        }
        if Bool.random(using: &random), !running.isEmpty {
          let ended = running.remove(at: Int.random(in: 0..<running.count, using: &random))
          done.append(ended.id)
          _ = queue.finished(ended.key)
        }
      }
      while queue.count > 0 || !running.isEmpty {
        if let next = queue.next() {
          running.append(next)
        } else {
          let ended = running.removeFirst()
          done.append(ended.id)
          _ = queue.finished(ended.key)
        }
      }
      #expect(done.sorted() == admitted.keys.sorted(), "seed \(seed)")
    }
  }
}

/// SplitMix64: the same seed gives the same schedule.
private struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
