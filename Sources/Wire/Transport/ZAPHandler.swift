import CZeroMQ

/// Answers libzmq's question of every CURVE handshake (RFC 27/ZAP) from the key directory: a thread of its own, one look-up
/// in memory for each.
///
/// libzmq keeps the pipe of a question, 33 KiB, for as long as the connection that it was about. So the socket that answers is
/// replaced now and then, and the pipes go with the old one. For the moment between the two, see `RouterEndpoint.greet`.
enum ZAPHandler {
  /// When the socket is replaced: after so many answers, or fewer where nobody asks for a while.
  struct Replacement: Sendable {
    var answers = 512
    var idleAnswers = 16
    /// How long an old socket still answers those who found it just before, and what counts as a while.
    var pause = Duration.seconds(1)
    /// When what was freed is given back to the system, after an old socket was closed: soon, before its pipes' memory becomes part of
    /// newer connections' that touch little of it, and later, when others have let go of what they keep for a while of connections
    /// that came.
    var trims = [Duration.milliseconds(20), .milliseconds(200), .seconds(40)]
  }

  private static let address = "inproc://zeromq.zap.01"
  private static let keyBytes = 32
  /// version, request id, domain, address, routing id, mechanism, key
  private static let requestParts = 7

  /// Starts the thread. It ends when the context is shut down; `ended` is called then.
  static func start(
    _ context: ZeroMQContext, _ directory: KeyDirectory, _ counters: ServerCounters,
    replacement: Replacement = Replacement(), ended: @escaping @Sendable () -> Void
  ) throws(WireError) {
    // Bound before the thread starts, so that no handshake can come before it.
    let first = SocketTransfer(try socket(context))
    try first.socket.bind(address)
    try BlockingThread.start(named: "bus-zap") {
      serve(first.socket, context, replacement) { answer($0, directory, counters) }
      ended()
    }
  }

  private static func socket(_ context: ZeroMQContext) throws(WireError) -> ZeroMQSocket {
    let socket = try context.socket(ZMQ_REP)
    try socket.set(ZMQ_LINGER, 0 as Int32)
    return socket
  }

  /// Works until the context is shut down.
  private static func serve(
    _ first: ZeroMQSocket, _ context: ZeroMQContext, _ replacement: Replacement, _ answer: ([[UInt8]]) -> [[UInt8]]
  ) {
    var current = first
    var old: ZeroMQSocket?
    var oldEnds = ContinuousClock.now
    var answered = 0
    var trims: [ContinuousClock.Instant] = []
    while true {
      let sockets = [current, old].compactMap(\.self)
      let isAtRest = answered < replacement.idleAnswers && old == nil
      let waits = [isAtRest ? nil : replacement.pause, trims.first.map { max(.zero, $0 - .now) }]
      guard let readable = ZeroMQSocket.waitUntilReadable(sockets, for: waits.compactMap(\.self).min()) else { break }
      for socket in readable {
        guard let request = socket.receiveBlocking(), socket.sendBlocking(answer(request)) else { break }
        answered += 1
      }
      if let due = trims.first, ContinuousClock.now >= due {
        malloc_trim(0)
        trims.removeFirst()
      }
      if let ending = old, ContinuousClock.now >= oldEnds {
        ending.close()
        old = nil
        trims = replacement.trims.map { .now + $0 }
      }
      guard old == nil, answered >= (readable.isEmpty ? replacement.idleAnswers : replacement.answers) else { continue }
      answered = 0
      do throws(WireError) {
        let next = try socket(context)
        try current.unbind(address)
        // Nothing else ever has this address, so this fails only where the context ends.
        try next.bind(address)
        (old, oldEnds) = (current, .now + replacement.pause)
        current = next
      } catch {
        // The old one goes on where it can: no descriptor was left for a new one, and there will be one later.
        try? current.bind(address)
      }
    }
    old?.close()
    current.close()
  }

  /// The answer to a request: the User-Id of a key that is let in is the key itself, as Z85.
  static func answer(_ request: [[UInt8]], _ directory: KeyDirectory, _ counters: ServerCounters) -> [[UInt8]] {
    func reply(_ code: String, _ text: String, userID: String = "") -> [[UInt8]] {
      let id = request.count > 1 ? request[1] : []
      return [Array("1.0".utf8), id, Array(code.utf8), Array(text.utf8), Array(userID.utf8), []]
    }
    guard request.count == requestParts, request[5] == Array("CURVE".utf8), request[6].count == keyBytes,
      let key = try? CurvePublicKey(bytes: request[6])
    else { return reply("400", "CURVE only") }
    switch directory.lookup(key) {
    case .revoked:
      counters.refusedKeys.add(1, ordering: .relaxed)
      return reply("400", "revoked")
    case .unknown: counters.unknownKeys.add(1, ordering: .relaxed)
    case .known: break
    }
    counters.handshakes.add(1, ordering: .relaxed)
    return reply("200", "OK", userID: key.z85)
  }
}

/// Carries a socket to the thread that it will belong to.
///
/// Unchecked: libzmq allows a socket to move between threads with a full fence between, which starting the thread is; the
/// giving side does not touch it again.
private struct SocketTransfer: @unchecked Sendable {
  let socket: ZeroMQSocket
  init(_ socket: ZeroMQSocket) { self.socket = socket }
}
