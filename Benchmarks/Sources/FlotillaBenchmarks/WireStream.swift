import CZeroMQ
import Glibc
import Logging
import Synchronization
import Wire

/// One stream of messages over the bus, against a plain loop in C's manner over the same library, both with CURVE.
enum WireStream {
  private static let method = Method<FetchChunk, FetchChunk>("bench.Sink/Stream")
  private static let runs = 3

  static func run(bytes: Int, messages: Int) async throws -> [Figure] {
    var (ours, theirs) = (0.0, 0.0)
    for _ in 0..<runs {
      theirs = max(theirs, try PlainLoop.rate(bytes: bytes, messages: messages))
      ours = max(ours, try await rate(bytes: bytes, messages: messages))
    }
    return [
      Figure(
        name: "wire-stream-\(bytes)", value: ours, unit: "messages/s", reference: theirs, ratio: ours / theirs)
    ]
  }

  /// Messages a second that arrive, from the first to the last.
  private static func rate(bytes: Int, messages: Int) async throws -> Double {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let measured = Mutex(0.0)
    var handlers = RPCHandlers()
    handlers.stream(method) { stream, _ in
      var count = 0
      var start = ContinuousClock.now
      for try await message in stream.messages {
        if count == 0 { start = .now }
        guard !message.data.isEmpty else { throw Mistake("a message arrived empty") }
        count += 1
      }
      let rate = Double(count - 1) / Measure.seconds(ContinuousClock.now - start)
      measured.withLock { $0 = rate }
      try await stream.send(FetchChunk(offset: UInt64(count)))
    }
    let (serverKeys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let directory = KeyDirectory()
    directory.set(clientKeys.publicKey, identity: "bench/client")
    let server = BusServer(
      configuration: BusServerConfiguration(endpoint: "tcp://127.0.0.1:*"), keyPair: serverKeys, directory: directory,
      handlers: handlers, logger: logger)
    let running = Task { try await server.run() }
    let client = BusClient(
      configuration: BusClientConfiguration(
        endpoints: [try await server.boundEndpoint()], serverKey: serverKeys.publicKey), keyPair: clientKeys,
      logger: logger)
    try await client.withConnection { channel in
      let stream = try await channel.stream(method)
      // Three bytes of each message are protobuf's.
      let message = FetchChunk(data: [UInt8](repeating: 1, count: bytes - 3))
      for _ in 0..<messages { try await stream.send(message) }
      await stream.finish()
      var arrived: UInt64 = 0
      for try await answer in stream.messages { arrived = answer.offset }
      guard arrived == messages else { throw Mistake("\(arrived) of \(messages) messages arrived") }
    }
    running.cancel()
    _ = try? await running.value
    return measured.withLock { $0 }
  }
}

/// libzmq alone: a DEALER that sends and a ROUTER that receives, in blocking loops on two threads.
private enum PlainLoop {
  private struct Sender {
    var socket: UnsafeMutableRawPointer
    var bytes: Int
    var messages: Int
  }

  static func rate(bytes: Int, messages: Int) throws -> Double {
    let context = zmq_ctx_new()
    defer { zmq_ctx_term(context) }
    guard let router = zmq_socket(context, ZMQ_ROUTER), let dealer = zmq_socket(context, ZMQ_DEALER) else {
      throw Mistake("no ZeroMQ sockets")
    }
    defer {
      zmq_close(dealer)
      zmq_close(router)
    }
    var key = [CChar](repeating: 0, count: 41)
    var (secret, clientKey, clientSecret) = (key, key, key)
    zmq_curve_keypair(&key, &secret)
    zmq_curve_keypair(&clientKey, &clientSecret)
    var one: Int32 = 1
    zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, 4)
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, 40)
    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, key, 40)
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, clientKey, 40)
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, clientSecret, 40)
    var endpoint = [CChar](repeating: 0, count: 256)
    var length = endpoint.count
    guard zmq_bind(router, "tcp://127.0.0.1:*") == 0,
      zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, &endpoint, &length) == 0,
      zmq_connect(dealer, endpoint) == 0
    else { throw Mistake("ZeroMQ: \(String(cString: zmq_strerror(zmq_errno())))") }
    let sender = UnsafeMutablePointer<Sender>.allocate(capacity: 1)
    sender.initialize(to: Sender(socket: dealer, bytes: bytes, messages: messages))
    defer { sender.deallocate() }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        guard let sender = argument?.assumingMemoryBound(to: Sender.self).pointee else { return nil }
        let data = [UInt8](repeating: 1, count: sender.bytes)
        for _ in 0..<sender.messages { zmq_send(sender.socket, data, sender.bytes, 0) }
        return nil
      }, sender)
    defer { pthread_join(thread, nil) }
    var buffer = [UInt8](repeating: 0, count: bytes + 100)
    func receive() {
      // The sender's name, then the message.
      zmq_recv(router, &buffer, buffer.count, 0)
      zmq_recv(router, &buffer, buffer.count, 0)
    }
    receive()
    let start = ContinuousClock.now
    for _ in 1..<messages { receive() }
    return Double(messages - 1) / Measure.seconds(ContinuousClock.now - start)
  }
}
