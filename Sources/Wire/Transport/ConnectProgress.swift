import CZeroMQ

/// How connecting goes, from a socket's monitor events; turns the one that ends it into an error that says what to do.
struct ConnectProgress {
  /// The events that are watched.
  static let events =
    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

  private enum Phase {
    case connecting
    case handshaking
    case connected
  }

  let endpoint: String
  let serverKey: CurvePublicKey
  private var phase = Phase.connecting

  init(endpoint: String, serverKey: CurvePublicKey) {
    self.endpoint = endpoint
    self.serverKey = serverKey
  }

  var isConnected: Bool { phase == .connected }

  /// Takes the first part of a monitor message: the event and its value, 2 and 4 bytes in the machine's order.
  mutating func observe(_ part: UnsafeRawBufferPointer) -> RPCError? {
    guard part.count == 6 else { return nil }
    switch Int32(part.loadUnaligned(as: UInt16.self)) {
    case ZMQ_EVENT_CONNECTED: phase = .handshaking
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: phase = .connected
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return RPCError(.permissionDenied, "the manager at \(endpoint) refuses this key: it is revoked; enrol anew")
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return handshakeFailure
    case ZMQ_EVENT_CLOSED, ZMQ_EVENT_DISCONNECTED:
      switch phase {
      case .connecting:
        return RPCError(.unavailable, "nobody answers at \(endpoint): is the manager running, and the address right?")
      case .handshaking: return handshakeFailure
      case .connected: return RPCError(.unavailable, "the connection to \(endpoint) was lost")
      }
    default: break
    }
    return nil
  }

  private var handshakeFailure: RPCError {
    let text = """
      \(endpoint) broke off the CURVE handshake: the manager there has another key than \(serverKey.base64URL) (an old or \
      foreign token?), or it is no Flotilla manager
      """
    return RPCError(.unauthenticated, text)
  }
}
