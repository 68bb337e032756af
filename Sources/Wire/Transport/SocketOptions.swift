import CZeroMQ

/// Options that the server's and the client's sockets share.
enum SocketOptions {
  /// Messages (batches of up to `WireLimits.batchBytes`) in each direction of a pipe. Credits bound the bytes; this bounds what
  /// libzmq itself holds.
  static let highWaterMark: Int32 = 32
  /// How long a closed socket goes on with what was sent.
  static let lastWordsMilliseconds: Int32 = 300

  static func milliseconds(_ duration: Duration) -> Int32 { Int32(clamping: duration.wholeMilliseconds) }

  /// ZMTP's own heartbeat, which finds dead sockets whose peers never said a word on the bus. The bus' heartbeat finds the rest.
  static func setTransportHeartbeat(_ socket: ZeroMQSocket, _ interval: Duration) throws(WireError) {
    try socket.set(ZMQ_HEARTBEAT_IVL, milliseconds(interval))
    try socket.set(ZMQ_HEARTBEAT_TIMEOUT, milliseconds(interval * 2))
  }
}

/// Messages that the socket did not take yet, in order.
struct OutboundBacklog {
  private var messages: [OutboundMessage] = []
  private var position = 0

  var isEmpty: Bool { position == messages.count }
  var first: OutboundMessage? { isEmpty ? nil : messages[position] }

  mutating func append(_ more: [OutboundMessage]) {
    if isEmpty {
      messages = more
      position = 0
    } else {
      messages += more
    }
  }

  mutating func removeFirst() {
    position += 1
    if isEmpty {
      messages = []
      position = 0
    }
  }
}
