import CZeroMQ

/// A client's DEALER socket on an I/O thread: one connection, never reconnected by libzmq. Its monitor says how connecting goes.
final class DealerEndpoint: LoopParticipant {
  private static let messagesPerService = 256

  let descriptors: [Int32]
  private let socket: ZeroMQSocket
  private let monitor: ZeroMQSocket
  private let connection: RPCConnection
  private var progress: ConnectProgress
  private let parts = MessageParts()
  private var unsent = OutboundBacklog()
  private var frames: [Frame] = []
  private var isClosed = false
  /// The connection was told that the socket has no room.
  private var isHolding = false

  init(
    _ context: ZeroMQContext, endpoint: String, _ configuration: BusClientConfiguration, _ keyPair: CurveKeyPair,
    _ connection: RPCConnection
  ) throws(WireError) {
    self.connection = connection
    progress = ConnectProgress(endpoint: endpoint, serverKey: configuration.serverKey)
    socket = try context.socket(ZMQ_DEALER)
    try socket.set(ZMQ_ROUTING_ID, RoutingID(of: keyPair.publicKey).bytes)
    try socket.set(ZMQ_RECONNECT_IVL, -1 as Int32)
    try socket.set(ZMQ_LINGER, 0 as Int32)
    try socket.set(ZMQ_MAXMSGSIZE, Int64(WireLimits.partBytes))
    try socket.set(ZMQ_SNDHWM, SocketOptions.highWaterMark)
    try socket.set(ZMQ_RCVHWM, SocketOptions.highWaterMark)
    try socket.set(ZMQ_HANDSHAKE_IVL, SocketOptions.milliseconds(configuration.connectTimeout))
    try socket.set(ZMQ_CONNECT_TIMEOUT, SocketOptions.milliseconds(configuration.connectTimeout))
    if !configuration.insecure {
      try socket.set(ZMQ_CURVE_SERVERKEY, configuration.serverKey.bytes)
      try socket.set(ZMQ_CURVE_PUBLICKEY, keyPair.publicKey.bytes)
      try socket.set(ZMQ_CURVE_SECRETKEY, keyPair.secretKey.bytes)
    }
    let address = "inproc://monitor-\(connection.id)"
    try socket.monitor(address, ConnectProgress.events)
    monitor = try context.socket(ZMQ_PAIR)
    descriptors = [socket.descriptor, monitor.descriptor]
    do throws(WireError) {
      try monitor.set(ZMQ_LINGER, 0 as Int32)
      try monitor.connect(address)
      try socket.connect(endpoint)
    } catch {
      socket.stopMonitor()
      throw error
    }
  }

  var hasBacklog: Bool { !unsent.isEmpty }

  func service(_ loop: LoopState) -> Bool {
    guard !isClosed else { return false }
    if hasBacklog {
      // Takes in whether the pipe has room again; sending alone does so only now and then.
      _ = socket.events
      sendBacklog()
    }
    // After sending, until there is nothing: sending may have taken the sign that there is something from the mailbox.
    var mayHaveMore = false
    for round in 1...Self.messagesPerService {
      guard let count = socket.receive(parts) else { break }
      receive(count, loop)
      mayHaveMore = round == Self.messagesPerService
    }
    // After the messages: those that came before the end of the connection count.
    while !mayHaveMore, monitor.receive(parts) != nil {
      if let failure = progress.observe(parts.bytes(0)) {
        // Messages that came between the last look and the end.
        while let count = socket.receive(parts) { receive(count, loop) }
        connection.fail(failure)
        close(loop)
        return false
      }
    }
    closeIfOver(loop)
    return mayHaveMore && !isClosed
  }

  private func receive(_ count: Int, _ loop: LoopState) {
    frames.removeAll(keepingCapacity: true)
    do throws(WireError) {
      guard count <= 2 else { throw WireError(.malformed, "a message of \(count) parts") }
      try BatchCodec.decode(parts.bytes(0), payload: count == 2 ? parts.bytes(1) : nil, into: &frames)
      connection.receive(frames, now: loop.now)
    } catch {
      let text = "the manager sent what is not of the bus protocol: \(error.message)"
      connection.fail(RPCError(.internal, text, cause: error), notify: true)
    }
  }

  func send(_ messages: [OutboundMessage], for connection: RPCConnection, _ loop: LoopState) {
    unsent.append(messages)
    sendBacklog()
    closeIfOver(loop)
  }

  private func sendBacklog() {
    while !isClosed, let message = unsent.first {
      let sent = message.batch.withUnsafeBytes { socket.send($0, more: message.payload != nil) }
      guard sent == .sent else { break }
      if let payload = message.payload { _ = socket.send(payload) }
      unsent.removeFirst()
    }
    guard isHolding || !unsent.isEmpty else { return }
    isHolding = !unsent.isEmpty
    connection.hold(unsent.bytes)
  }

  private func closeIfOver(_ loop: LoopState) {
    if !isClosed, connection.failure != nil { close(loop) }
  }

  func close(_ loop: LoopState) {
    guard !isClosed else { return }
    isClosed = true
    connection.fail(RPCError(.unavailable, "the connection was closed"), notify: true)
    loop.detach(connection)
    loop.remove(self)
    if progress.isConnected {
      try? socket.set(ZMQ_LINGER, SocketOptions.lastWordsMilliseconds)
    }
    socket.stopMonitor()
    monitor.close()
    socket.close()
  }
}
