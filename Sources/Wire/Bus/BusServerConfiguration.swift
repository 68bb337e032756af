/// How a `BusServer` listens and what it allows.
public struct BusServerConfiguration: Sendable {
  /// Where to listen: "tcp://ADDRESS:PORT" (port 0 or `*` takes a free one), or "in-process:NAME" for the transport without
  /// sockets.
  public var endpoint: String
  /// How often each peer shall send at least something; three silent intervals end its connection.
  public var heartbeatInterval: Duration = .seconds(30)
  /// How long a peer may take for the ZeroMQ handshake. Shorter frees half-open sockets sooner; too short for a herd's
  /// handshakes makes the herd come back for ever.
  public var handshakeTimeout: Duration = .seconds(30)
  /// Connections at once; further ones are told to come back.
  public var connectionsMax = 12_000
  /// Of these, those of keys that are not enrolled, a third of all at the most: where there are more, the oldest gives way. Enrolling
  /// takes a moment; this bounds what those hold who only come.
  public var strangersMax = 4_000
  /// Streams that each peer may have open at once.
  public var streamsPerConnection = 128
  /// Bytes that a peer may send on one stream before its reader takes them.
  public var streamCreditBytes = 256 << 10
  /// Bytes that a peer may have on the way to here on all streams together.
  public var connectionCreditBytes = 1 << 20
  /// How long open streams may go on after the last peer was sent away.
  public var drainTimeout: Duration = .seconds(2)
  /// How long a graceful shutdown may take to send its peers away, one after another; a thousand a second where that is less.
  public var drainWindow: Duration = .seconds(3)
  /// The time over which peers that were sent away come back, from the window's end on; longer where they are very many.
  public var returnSpread: Duration = .seconds(5)
  /// Runs without CURVE: no encryption, and every peer is believed the key it says. For measurements alone.
  public var insecure = false
  /// Threads that libzmq encrypts and does TCP on.
  public var ioThreads = 1

  /// The defaults, at an endpoint.
  public init(endpoint: String) { self.endpoint = endpoint }
}
