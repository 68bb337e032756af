import Testing

@testable import Wire

@Suite("Timers and backoff")
struct TimeTests {
  @Test("the wheel fires every key once, not before its deadline and within one tick after")
  func wheel() {
    var now = Moment(nanoseconds: 12_345_678_901)
    var wheel = TimingWheel<Int>(now: now)
    var random = SplitMix(seed: 7)
    var deadlines: [Int: Moment] = [:]
    for key in 0..<2000 {
      let deadline = now + .milliseconds(Int64(random.next() % 20_000))
      deadlines[key] = deadline
      wheel.schedule(key, at: deadline)
    }
    while let next = wheel.next {
      #expect(next > now)
      now = next
      for key in wheel.advance(to: now) {
        let deadline = deadlines.removeValue(forKey: key) ?? .distantFuture
        #expect(deadline <= now && now - deadline <= .milliseconds(10))
      }
    }
    #expect(deadlines.isEmpty && wheel.isEmpty)
  }

  @Test("an earlier deadline replaces a later one, a later one waits its turn, a cancelled one never fires")
  func rescheduling() {
    let start = Moment(nanoseconds: 0)
    var wheel = TimingWheel<String>(now: start)
    wheel.schedule("a", at: start + .seconds(5))
    wheel.schedule("a", at: start + .seconds(1))
    wheel.schedule("b", at: start + .seconds(1))
    wheel.schedule("b", at: start + .seconds(5))
    wheel.schedule("c", at: start + .seconds(1))
    wheel.cancel("c")
    #expect(wheel.advance(to: start + .milliseconds(990)).isEmpty)
    #expect(Set(wheel.advance(to: start + .milliseconds(1010))) == ["a", "b"])
    #expect(wheel.advance(to: start + .seconds(60)).isEmpty)
    // A long sleep passes several rounds of the wheel at once.
    wheel.schedule("d", at: start + .seconds(100))
    #expect(wheel.advance(to: start + .seconds(1000)) == ["d"])
  }

  @Test("reconnect waits stay between 100 ms and 30 s, spread out, and begin again after success")
  func backoff() {
    var random = SplitMix(seed: 1)
    var backoff = ReconnectBackoff()
    var waits: [Duration] = []
    for _ in 0..<1000 { waits.append(backoff.next { random.unit() }) }
    #expect(waits.allSatisfy { $0 >= .milliseconds(100) && $0 <= .seconds(30) })
    #expect(waits[0] <= .milliseconds(300))
    #expect(Set(waits).count > 900)
    #expect(waits.contains { $0 > .seconds(20) })
    backoff.reset()
    #expect(backoff.next { 0.999 } <= .milliseconds(300))
  }
}

/// A small random generator whose whole sequence is its seed's.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
