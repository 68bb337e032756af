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
  /// Connections of keys that are not enrolled which gave way to newer ones, because there were too many.
  public var displacedStrangers = 0
  /// Messages under a routing id that is not of their sender's key, refused.
  public var foreignRoutingIDs = 0
  /// Messages that are not of the bus protocol, refused.
  public var malformedMessages = 0
  /// Messages of peers that should connect anew, refused.
  public var strayMessages = 0
  /// Of `handshakes`, those of keys that are not enrolled.
  public var unknownKeys = 0
  /// Messages that came, with those that were refused.
  public var messagesIn = 0
  /// Bytes of those messages, before encryption.
  public var bytesIn = 0
  /// Frames of the messages that were understood.
  public var framesIn = 0
  /// Messages that were given to ZeroMQ.
  public var messagesOut = 0
  /// Bytes of those messages, before encryption.
  public var bytesOut = 0
  /// Frames in those messages.
  public var framesOut = 0
  /// How often a message had to wait because its peer's pipe was full.
  public var fullPipes = 0
  /// Peers whose messages wait for room in their pipe; goes down, too.
  public var waitingPeers = 0
  /// How often a sender had to wait for its peer's credit.
  public var creditStalls = 0
  /// Calls of peers that were refused: of methods that are not there or not theirs, or with what no method takes.
  public var refusedCalls = 0
  /// How often listening was given up for a moment because a connection could not be accepted.
  public var acceptFailures = 0
}

/// The live counters behind `BusCounters`; one atomic each, written by several threads.
final class ServerCounters: Sendable {
  let handshakes = Atomic<Int>(0)
  let refusedKeys = Atomic<Int>(0)
  let connections = Atomic<Int>(0)
  let replaced = Atomic<Int>(0)
  let displacedStrangers = Atomic<Int>(0)
  let foreignRoutingIDs = Atomic<Int>(0)
  let malformedMessages = Atomic<Int>(0)
  let strayMessages = Atomic<Int>(0)
  let unknownKeys = Atomic<Int>(0)
  let messagesIn = Atomic<Int>(0)
  let bytesIn = Atomic<Int>(0)
  let framesIn = Atomic<Int>(0)
  let messagesOut = Atomic<Int>(0)
  let bytesOut = Atomic<Int>(0)
  let framesOut = Atomic<Int>(0)
  let fullPipes = Atomic<Int>(0)
  let waitingPeers = Atomic<Int>(0)
  let creditStalls = Atomic<Int>(0)
  let refusedCalls = Atomic<Int>(0)
  let acceptFailures = Atomic<Int>(0)

  var snapshot: BusCounters {
    var counters = BusCounters()
    counters.handshakes = handshakes.load(ordering: .relaxed)
    counters.refusedKeys = refusedKeys.load(ordering: .relaxed)
    counters.connections = connections.load(ordering: .relaxed)
    counters.replaced = replaced.load(ordering: .relaxed)
    counters.displacedStrangers = displacedStrangers.load(ordering: .relaxed)
    counters.foreignRoutingIDs = foreignRoutingIDs.load(ordering: .relaxed)
    counters.malformedMessages = malformedMessages.load(ordering: .relaxed)
    counters.strayMessages = strayMessages.load(ordering: .relaxed)
    counters.unknownKeys = unknownKeys.load(ordering: .relaxed)
    counters.messagesIn = messagesIn.load(ordering: .relaxed)
    counters.bytesIn = bytesIn.load(ordering: .relaxed)
    counters.framesIn = framesIn.load(ordering: .relaxed)
    counters.messagesOut = messagesOut.load(ordering: .relaxed)
    counters.bytesOut = bytesOut.load(ordering: .relaxed)
    counters.framesOut = framesOut.load(ordering: .relaxed)
    counters.fullPipes = fullPipes.load(ordering: .relaxed)
    counters.waitingPeers = waitingPeers.load(ordering: .relaxed)
    counters.creditStalls = creditStalls.load(ordering: .relaxed)
    counters.refusedCalls = refusedCalls.load(ordering: .relaxed)
    counters.acceptFailures = acceptFailures.load(ordering: .relaxed)
    return counters
  }
}
