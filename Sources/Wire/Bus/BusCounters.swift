import Synchronization

/// What a `BusServer` counted since it was made.
public struct BusCounters: Sendable, Hashable {
  /// CURVE handshakes that were let in.
  public var handshakes = 0
  /// Handshakes of revoked keys, refused.
  public var refusedKeys = 0
  /// Connections that were established.
  public var connections = 0
  /// Connections that a newer one of the same key replaced.
  public var replaced = 0
  /// Messages under a routing id that is not of their sender's key, refused.
  public var foreignRoutingIDs = 0
  /// Messages that are not of the bus protocol, refused.
  public var malformedMessages = 0
  /// Messages of peers that should connect anew, refused.
  public var strayMessages = 0
}

/// The live counters behind `BusCounters`; one atomic each, written by several threads.
final class ServerCounters: Sendable {
  let handshakes = Atomic<Int>(0)
  let refusedKeys = Atomic<Int>(0)
  let connections = Atomic<Int>(0)
  let replaced = Atomic<Int>(0)
  let foreignRoutingIDs = Atomic<Int>(0)
  let malformedMessages = Atomic<Int>(0)
  let strayMessages = Atomic<Int>(0)

  var snapshot: BusCounters {
    BusCounters(
      handshakes: handshakes.load(ordering: .relaxed), refusedKeys: refusedKeys.load(ordering: .relaxed),
      connections: connections.load(ordering: .relaxed), replaced: replaced.load(ordering: .relaxed),
      foreignRoutingIDs: foreignRoutingIDs.load(ordering: .relaxed),
      malformedMessages: malformedMessages.load(ordering: .relaxed),
      strayMessages: strayMessages.load(ordering: .relaxed))
  }
}
