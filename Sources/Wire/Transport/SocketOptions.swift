import CZeroMQ

/// Options that the server's and the client's sockets share.
enum SocketOptions {
  /// Messages (batches of up to `WireLimits.batchBytes`) in each direction of a pipe. Credits bound the bytes; this bounds what
  /// libzmq itself holds.
  static let highWaterMark: Int32 = 32
  /// How long a closed socket goes on with what was sent.
  static let lastWordsMilliseconds: Int32 = 300

  static func milliseconds(_ duration: Duration) -> Int32 { Int32(clamping: duration.wholeMilliseconds) }

  /// How often ZMTP itself asks a peer. Each question sets timers that libzmq looks for among those of all connections, so asking
  /// often costs the square of their number; TCP's keepalive costs a running process nothing.
  private static let transportHeartbeat = Duration.seconds(300)

  /// Finds dead sockets whose peers never said a word on the bus; the bus' heartbeat finds the rest. A host that is gone is found by
  /// TCP's keepalive within two intervals, a pipe that was cut and whose peer stays all the same by ZMTP's heartbeat.
  static func findDeadPeers(_ socket: ZeroMQSocket, _ interval: Duration) throws(WireError) {
    let seconds = max(1, Int32(clamping: interval.wholeMilliseconds / 1000))
    try socket.set(ZMQ_TCP_KEEPALIVE, 1 as Int32)
    try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, seconds)
    try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, max(1, seconds / 3))
    try socket.set(ZMQ_TCP_KEEPALIVE_CNT, 3 as Int32)
    try socket.set(ZMQ_HEARTBEAT_IVL, milliseconds(transportHeartbeat))
    try socket.set(ZMQ_HEARTBEAT_TIMEOUT, milliseconds(transportHeartbeat))
  }
}

/// Messages that the socket did not take yet, in order.
struct OutboundBacklog {
  private var messages: [OutboundMessage] = []
  private var position = 0
  /// Bytes that wait.
  private(set) var bytes = 0

  var isEmpty: Bool { position == messages.count }
  var first: OutboundMessage? { isEmpty ? nil : messages[position] }

  mutating func append(_ more: [OutboundMessage]) {
    for message in more { bytes += message.byteCount }
    if isEmpty {
      messages = more
      position = 0
    } else {
      messages += more
    }
  }

  mutating func removeFirst() {
    bytes -= messages[position].byteCount
    position += 1
    if isEmpty {
      messages = []
      position = 0
    }
  }
}
