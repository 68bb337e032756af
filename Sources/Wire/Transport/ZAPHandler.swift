import CZeroMQ

/// Answers libzmq's question of every CURVE handshake (RFC 27/ZAP) from the key directory: a thread of its own, one look-up
/// in memory for each.
enum ZAPHandler {
  private static let address = "inproc://zeromq.zap.01"
  private static let keyBytes = 32
  /// version, request id, domain, address, routing id, mechanism, key
  private static let requestParts = 7

  /// Starts the thread. It ends when the context is shut down; `ended` is called then.
  static func start(
    _ context: ZeroMQContext, _ directory: KeyDirectory, _ counters: ServerCounters,
    ended: @escaping @Sendable () -> Void
  ) throws(WireError) {
    // Bound before the thread starts, so that no handshake can come before it.
    let socket = SocketTransfer(try context.socket(ZMQ_REP))
    try socket.socket.set(ZMQ_LINGER, 0 as Int32)
    try socket.socket.bind(address)
    try BlockingThread.start(named: "bus-zap") {
      while let request = socket.socket.receiveBlocking() {
        guard socket.socket.sendBlocking(answer(request, directory, counters)) else { break }
      }
      socket.socket.close()
      ended()
    }
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
