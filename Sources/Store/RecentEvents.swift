/// The newest events of a store, bounded by count and bytes; their revisions are consecutive. A value without any waiting.
struct RecentEvents {
  /// The events up to a revision that were made durable together.
  private struct Group {
    let last: UInt64
    let time: ContinuousClock.Instant
  }

  private var events: [StoreEvent] = []
  private var groups: [Group] = []
  private var head = 0
  private var bytes = 0
  /// The revision of the last event that was ever added.
  private(set) var last: UInt64
  private let eventLimit: Int
  private let byteLimit: Int

  init(last: UInt64, eventLimit: Int, byteLimit: Int) {
    self.last = last
    self.eventLimit = eventLimit
    self.byteLimit = byteLimit
  }

  var count: Int { events.count - head }

  /// A reader at this revision or above finds all that it lacks here.
  var floor: UInt64 { last - UInt64(count) }

  /// Adds events that became durable together.
  mutating func append(_ new: [StoreEvent], at now: ContinuousClock.Instant) {
    for event in new {
      events.append(event)
      bytes += Self.cost(event)
      last = event.revision.value
    }
    groups.append(Group(last: last, time: now))
    while count > eventLimit || (bytes > byteLimit && count > 0) { removeFirst() }
    // Removing the front of an array moves the rest, so it is done once per half.
    if head > 64, head > events.count / 2 { dropRemoved() }
  }

  /// Lets go of events that became durable before a moment, and of the room that they took.
  mutating func forget(before moment: ContinuousClock.Instant) {
    guard let old = groups.last(where: { $0.time < moment }) else { return }
    while count > 0, floor < old.last { removeFirst() }
    dropRemoved()
    // An array made of the whole of another one would share its room.
    events = events.withUnsafeBufferPointer { Array($0) }
    groups = groups.withUnsafeBufferPointer { Array($0) }
  }

  private mutating func removeFirst() {
    bytes -= Self.cost(events[head])
    head += 1
  }

  private mutating func dropRemoved() {
    events.removeFirst(head)
    head = 0
    groups.removeFirst(firstGroup(reaching: floor + 1))
  }

  /// When a revision became durable; nil where its event is not here.
  func committed(_ revision: UInt64) -> ContinuousClock.Instant? {
    guard revision > floor, revision <= last else { return nil }
    let index = firstGroup(reaching: revision)
    return index < groups.count ? groups[index].time : nil
  }

  /// The position of the first group that reaches a revision.
  private func firstGroup(reaching revision: UInt64) -> Int {
    var (low, high) = (0, groups.count)
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].last < revision { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The events after a revision that is not below ``floor``, at most `limit` of the kinds (empty: all), and the revision
  /// up to which nothing was left out.
  func page(after: UInt64, kinds: Set<String>, limit: Int) -> (events: [StoreEvent], reached: UInt64) {
    var found: [StoreEvent] = []
    var index = head + Int(after - floor)
    while index < events.count, found.count < limit {
      let event = events[index]
      if kinds.isEmpty || kinds.contains(event.key.kind) { found.append(event) }
      index += 1
    }
    return (found, floor + UInt64(index - head))
  }

  private static func cost(_ event: StoreEvent) -> Int {
    256 + (event.object?.body.count ?? 0) + (event.previous?.body.count ?? 0)
  }
}
