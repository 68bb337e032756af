import CZeroMQ

@testable import Wire

/// A peer that speaks libzmq without any of our rules: for playing hostile and odd ones. Used by one task.
final class RawPeer {
  private let context = zmq_ctx_new()
  private let socket: UnsafeMutableRawPointer?
  /// Frames of the last message that came behind the one that was wanted.
  private var rest: ArraySlice<Frame> = []

  /// Connects with CURVE under a routing id of any form; nil leaves the id to the server.
  ///
  /// - Parameter highWaterMark: messages that may lie here unread.
  init(_ bus: Bus, keys: CurveKeyPair, routingID: [UInt8]?, highWaterMark: Int32 = 1_000) {
    socket = zmq_socket(context, ZMQ_DEALER)
    var highWaterMark = highWaterMark
    zmq_setsockopt(socket, ZMQ_RCVHWM, &highWaterMark, 4)
    set(ZMQ_CURVE_SERVERKEY, bus.serverKeys.publicKey.bytes)
    set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.bytes)
    set(ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes)
    if let routingID { set(ZMQ_ROUTING_ID, routingID) }
    var zero: Int32 = 0
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, 4)
    zmq_connect(socket, bus.endpoint)
  }

  deinit {
    zmq_close(socket)
    zmq_ctx_term(context)
  }

  private func set(_ option: Int32, _ bytes: [UInt8]) { zmq_setsockopt(socket, option, bytes, bytes.count) }

  func send(_ parts: [[UInt8]]) {
    for (index, part) in parts.enumerated() {
      zmq_send(socket, part, part.count, ZMQ_DONTWAIT | (index < parts.count - 1 ? ZMQ_SNDMORE : 0))
    }
  }

  func send(_ frames: [Frame]) {
    var batch: [UInt8] = []
    for frame in frames { BatchCodec.append(frame, to: &batch) }
    send([batch])
  }

  /// The frames of one message, where one is there.
  func receive() throws -> [Frame]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = zmq_recv(socket, &buffer, buffer.count, ZMQ_DONTWAIT)
    guard count >= 0 else { return nil }
    var frames: [Frame] = []
    try buffer.withUnsafeBytes { bytes in
      try BatchCodec.decode(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)]), payload: nil, into: &frames)
    }
    return frames
  }

  /// The frames of the next messages until one fits.
  func frame(where fits: (Frame) -> Bool) async throws -> Frame? {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(5)
    while clock.now < end {
      if rest.isEmpty { rest = try receive()?[...] ?? [] }
      while let frame = rest.popFirst() { if fits(frame) { return frame } }
      try await Task.sleep(for: .milliseconds(2))
    }
    return nil
  }

  static let settings = Frame.settings(
    Settings(
      protocolMin: 1, protocolMax: 1, streamCreditBytes: 1 << 16, connectionCreditBytes: 1 << 16, streamsMax: 8))
}
