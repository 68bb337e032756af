/// Deadlines of many connections on a hashed wheel: setting one, and letting time pass, cost the same however many there are.
///
/// A key has one deadline. A later one for a key that has an earlier one is not entered: its owner is woken at the earlier and
/// then sets what it needs. So traffic that pushes deadlines out costs the wheel nothing.
struct TimingWheel<Key: Hashable> {
  private static var slotCount: UInt64 { 512 }
  private static var tickNanoseconds: UInt64 { 5_000_000 }

  private var slots: [[(key: Key, tick: UInt64)]]
  private var occupied: [UInt64]
  private var due: [Key: UInt64] = [:]
  private var current: UInt64

  init(now: Moment) {
    slots = Array(repeating: [], count: Int(Self.slotCount))
    occupied = Array(repeating: 0, count: Int(Self.slotCount / 64))
    current = now.nanoseconds / Self.tickNanoseconds
  }

  var isEmpty: Bool { due.isEmpty }

  /// Sets a deadline, unless the key has an earlier one.
  mutating func schedule(_ key: Key, at moment: Moment) {
    guard moment < .distantFuture else { return }
    let tick = max(current + 1, moment.nanoseconds / Self.tickNanoseconds + 1)
    if let earlier = due[key], earlier <= tick { return }
    due[key] = tick
    let slot = Int(tick % Self.slotCount)
    slots[slot].append((key, tick))
    occupied[slot / 64] |= 1 << UInt64(slot % 64)
  }

  /// Takes a key's deadline away.
  mutating func cancel(_ key: Key) { due[key] = nil }

  /// Lets time pass; returns the keys whose deadlines passed, which have none after.
  mutating func advance(to now: Moment) -> [Key] {
    let target = now.nanoseconds / Self.tickNanoseconds
    guard target > current else { return [] }
    var fired: [Key] = []
    let steps = min(target - current, Self.slotCount)
    for step in 1...steps {
      let slot = Int((current + step) % Self.slotCount)
      guard occupied[slot / 64] & (1 << UInt64(slot % 64)) != 0 else { continue }
      var kept: [(key: Key, tick: UInt64)] = []
      for entry in slots[slot] where due[entry.key] == entry.tick {
        if entry.tick <= target {
          due[entry.key] = nil
          fired.append(entry.key)
        } else {
          kept.append(entry)
        }
      }
      slots[slot] = kept
      if kept.isEmpty { occupied[slot / 64] &= ~(1 << UInt64(slot % 64)) }
    }
    current = target
    return fired
  }

  /// When `advance` may next have something; early at worst. Nil where there is nothing.
  var next: Moment? {
    guard !due.isEmpty else { return nil }
    for step in 1...Self.slotCount {
      let slot = Int((current + step) % Self.slotCount)
      if slot % 64 == 0, occupied[slot / 64] == 0, step + 64 <= Self.slotCount { continue }
      if occupied[slot / 64] & (1 << UInt64(slot % 64)) != 0 {
        return Moment(nanoseconds: (current + step) * Self.tickNanoseconds)
      }
    }
    return nil
  }
}
