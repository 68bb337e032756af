import Synchronization

/// The transport without sockets: a server's end of all its in-process connections, on the server's I/O thread. Messages are
/// encoded and decoded as on a socket; only the encryption and the kernel are missing.
final class InProcessEndpoint: LoopParticipant {
  let descriptors: [Int32] = []
  private let admissions: Admissions
  private let release: () -> Void
  private var otherEnds: [UInt64: RPCConnection] = [:]
  private var frames: [Frame] = []

  /// `release` frees the endpoint's name.
  init(_ admissions: Admissions, release: @escaping () -> Void) {
    self.admissions = admissions
    self.release = release
  }

  /// Joins a client's connection to a new one of the server.
  func accept(_ client: RPCConnection, key: CurvePublicKey, _ loop: LoopState) {
    do throws(RPCError) {
      let (server, ended) = try admissions.admit(key, now: loop.now, driver: loop.loop)
      for old in ended { loop.flush(old) }
      otherEnds[client.id] = server
      otherEnds[server.id] = client
      loop.attach(client, to: self)
      loop.attach(server, to: self)
    } catch {
      client.fail(error)
    }
  }

  let hasBacklog = false

  func service(_ loop: LoopState) -> Bool { false }

  func send(_ messages: [OutboundMessage], for connection: RPCConnection, _ loop: LoopState) {
    guard let other = otherEnds[connection.id] else { return }
    for message in messages { deliver(message, to: other, loop) }
    guard let failure = connection.failure else { return }
    for end in [connection, other] {
      otherEnds[end.id] = nil
      loop.detach(end)
      admissions.remove(end)
    }
    other.fail(failure)
  }

  private func deliver(_ message: OutboundMessage, to other: RPCConnection, _ loop: LoopState) {
    frames.removeAll(keepingCapacity: true)
    do throws(WireError) {
      try message.batch.withUnsafeBytesTyped { batch throws(WireError) in
        guard let payload = message.payload else { return try BatchCodec.decode(batch, payload: nil, into: &frames) }
        try payload.bytesOfBuffer.withUnsafeBytesTyped { separate throws(WireError) in
          try BatchCodec.decode(batch, payload: separate, into: &frames)
        }
      }
      other.receive(frames, now: loop.now)
    } catch {
      other.fail(RPCError(.internal, "not of the bus protocol: \(error.message)", cause: error), notify: true)
    }
  }

  func close(_ loop: LoopState) {
    release()
    for end in Array(otherEnds.values) {
      end.fail(RPCError(.unavailable, "the manager is stopping; connect again"))
      loop.detach(end)
      admissions.remove(end)
    }
    otherEnds = [:]
    loop.remove(self)
  }
}

extension SharedBuffer {
  var bytesOfBuffer: [UInt8] { withBytes { Array($0) } }
}

extension [UInt8] {
  /// `withUnsafeBytes` with the error's type kept.
  func withUnsafeBytesTyped(_ body: (UnsafeRawBufferPointer) throws(WireError) -> Void) throws(WireError) {
    let outcome: Result<Void, WireError> = withUnsafeBytes { bytes in
      do throws(WireError) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
  }
}

/// The in-process servers of this process, by name.
enum InProcessRegistry {
  /// How a client reaches a server.
  struct Listener: Sendable {
    let serverKey: CurvePublicKey
    let accept: @Sendable (RPCConnection, CurvePublicKey) -> Void
    let driver: any ConnectionDriver
  }

  static let scheme = "in-process:"
  private static let listeners = Mutex<[String: Listener]>([:])

  /// Takes a name. Throws `WireError` with code `configuration` where it is taken.
  static func listen(at endpoint: String, _ listener: Listener) throws(WireError) {
    let isFree = listeners.withLock { listeners in
      guard listeners[endpoint] == nil else { return false }
      listeners[endpoint] = listener
      return true
    }
    guard isFree else { throw WireError(.configuration, "a server listens at \(endpoint) already") }
  }

  static func close(_ endpoint: String) { listeners.withLock { _ = $0.removeValue(forKey: endpoint) } }

  static func listener(at endpoint: String) -> Listener? { listeners.withLock { $0[endpoint] } }
}
