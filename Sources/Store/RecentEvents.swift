/// The newest events of a store, bounded by count and bytes; their revisions are consecutive. A value without any waiting.
struct RecentEvents {
  private var events: [StoreEvent] = []
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

  mutating func append(_ new: [StoreEvent]) {
    for event in new {
      events.append(event)
      bytes += Self.cost(event)
      last = event.revision.value
    }
    while count > eventLimit || (bytes > byteLimit && count > 0) {
      bytes -= Self.cost(events[head])
      head += 1
    }
    // Removing the front of an array moves the rest, so it is done once per half.
    if head > 64, head > events.count / 2 {
      events.removeFirst(head)
      head = 0
    }
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
