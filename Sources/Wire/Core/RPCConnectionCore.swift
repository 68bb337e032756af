/// One connection's multiplexer: streams, credits, deadlines and heartbeats of one side, without I/O and without a clock.
///
/// Frames and calls go in; `directives` come out and are performed by the shell, in order, after every call. Both sides run the
/// same core. Rules that are not obvious:
/// - A side may send a message while both credits (stream's and connection's) are above zero, and so may overdraw them by one
///   message. A message longer than the window therefore needs no special case, and memory stays bounded.
/// - The connection's credit is given back on receipt, the stream's when the message was taken by its reader. So an unread
///   stream blocks nobody else and holds at most its own window.
/// - The connecting side keeps the heartbeat; the bound side only listens for silence. That halves the traffic of many peers.
struct RPCConnectionCore {
  /// Which end of the connection this is.
  enum Side: Sendable {
    case connecting
    case bound
  }

  struct Configuration: Sendable {
    var streamCreditBytes = 256 << 10
    var connectionCreditBytes = 1 << 20
    /// Streams the other side may have open at once.
    var streamsMax = 128
    /// Of the bound side; the connecting side learns it.
    var heartbeatInterval = Duration.seconds(30)
    /// How long the other side may take for its first frame.
    var handshakeTimeout = Duration.seconds(10)
    var publicKey: [UInt8] = []
  }

  /// What the shell is to do.
  enum Directive: Sendable {
    case transmit(Frame)
    case established
    case opened(StreamID, Frame.Open)
    case message(StreamID, [UInt8])
    case halfClosed(StreamID)
    /// The stream is over, by the other side or for a reason of this side's; nil is OK.
    case closed(StreamID, RPCError?)
    /// Credit is back: waiting senders try again. Stream 0 is every stream.
    case writable(StreamID)
    case goaway(Goaway)
    /// The connection is over; every stream was closed before.
    case failed(RPCError)
  }

  enum SendOutcome {
    case sent
    case blocked
    case ended
  }

  struct Stream {
    var sendCredit: Int
    var receiveCredit: Int
    var unreturned = 0
    var localEnded = false
    var remoteEnded = false
    var deadline: Moment?
  }

  enum Phase {
    case greeting(until: Moment)
    case open
    case over(RPCError)
  }

  static let protocolVersion: UInt32 = 1
  /// Silences of this many intervals end the connection.
  static let missedHeartbeats = 3

  let side: Side
  let configuration: Configuration
  var phase: Phase
  var directives: [Directive] = []
  var streams: [StreamID: Stream] = [:]
  var nextLocalID: StreamID
  var lastRemoteID: StreamID = 0
  var localStreams = 0
  var remoteStreams = 0
  var peer = Settings()
  var sendCredit = 0
  var receiveCredit: Int
  var unreturned = 0
  var heartbeatInterval: Duration
  var lastReceived: Moment
  var lastSent: Moment
  var lastPing: Moment
  var earliestDeadline = Moment.distantFuture
  /// Set by a GOAWAY of the other side: no new streams from here.
  var peerIsLeaving = false
  /// Set by our GOAWAY: no new streams from there.
  var isLeaving = false
  /// Of the other side's calls; on the bound side only, since who connected knows whom it asks.
  var refusals: RefusalPace
  /// Refusals whose time has not come, in its order.
  var waitingRefusals: [(due: Moment, id: StreamID, error: RPCError)] = []

  init(side: Side, configuration: Configuration, refusals: RefusalPace = RefusalPace(), now: Moment) {
    self.side = side
    self.configuration = configuration
    self.refusals = refusals
    phase = .greeting(until: now + configuration.handshakeTimeout)
    nextLocalID = side == .connecting ? 1 : 2
    receiveCredit = configuration.connectionCreditBytes
    heartbeatInterval = configuration.heartbeatInterval
    lastReceived = now
    lastSent = now
    lastPing = now
    transmit(
      .settings(
        Settings(
          protocolMin: Self.protocolVersion, protocolMax: Self.protocolVersion,
          streamCreditBytes: UInt64(configuration.streamCreditBytes),
          connectionCreditBytes: UInt64(configuration.connectionCreditBytes),
          streamsMax: UInt32(clamping: configuration.streamsMax),
          heartbeatIntervalMs: side == .bound ? configuration.heartbeatInterval.wholeMilliseconds : 0,
          publicKey: configuration.publicKey)), now)
  }

  var isOver: Bool {
    if case .over = phase { true } else { false }
  }

  mutating func transmit(_ frame: Frame, _ now: Moment) {
    lastSent = now
    directives.append(.transmit(frame))
  }

  /// Whether a stream id is one that this side opens.
  func isLocal(_ id: StreamID) -> Bool { (id % 2 == 1) == (side == .connecting) }

  mutating func removeStream(_ id: StreamID) -> Bool {
    guard streams.removeValue(forKey: id) != nil else { return false }
    if isLocal(id) { localStreams -= 1 } else { remoteStreams -= 1 }
    return true
  }

  /// Ends every stream and the connection. Tells the other side where `notify` is true.
  mutating func fail(_ error: RPCError, notify: Bool, now: Moment) {
    guard !isOver else { return }
    if notify { transmit(.close(0, error.code, error.message), now) }
    for id in streams.keys.sorted() { directives.append(.closed(id, error)) }
    streams = [:]
    waitingRefusals = []
    localStreams = 0
    remoteStreams = 0
    phase = .over(error)
    directives.append(.failed(error))
  }
}
