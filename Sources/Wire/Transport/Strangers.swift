/// Connections of keys that are not enrolled, in the order in which they came. Whoever has the manager's public key may connect, in order
/// to enrol, and that takes a moment: of too many the oldest gives way, so that strangers take no more than their places, and those
/// who do enrol get one all the same.
struct Strangers: Sendable {
  private struct Entry: Sendable {
    let connection: UInt64
    let key: CurvePublicKey
  }

  private var order: [Entry] = []
  private var head = 0
  private var present: Set<UInt64> = []

  /// How many there are; those among them who have enrolled since are found when one has to give way.
  var count: Int { present.count }

  mutating func add(_ connection: UInt64, _ key: CurvePublicKey) {
    order.append(Entry(connection: connection, key: key))
    present.insert(connection)
  }

  /// Forgets a connection that is over.
  mutating func remove(_ connection: UInt64) {
    guard present.remove(connection) != nil, order.count > 2 * present.count + 64 else { return }
    order = order[head...].filter { present.contains($0.connection) }
    head = 0
  }

  /// Takes out the oldest, who may have enrolled since.
  mutating func takeOldest() -> (connection: UInt64, key: CurvePublicKey)? {
    while head < order.count {
      let entry = order[head]
      head += 1
      if head > 64, head > order.count / 2 {
        order.removeFirst(head)
        head = 0
      }
      if present.remove(entry.connection) != nil { return (entry.connection, entry.key) }
    }
    return nil
  }
}
