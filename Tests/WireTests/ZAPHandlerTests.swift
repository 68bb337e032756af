import CZeroMQ
import Testing

@testable import Wire

@Suite("The door's questions", .timeLimit(.minutes(1)))
struct ZAPHandlerTests {
  private static let address = "inproc://zeromq.zap.01"

  /// Asks as libzmq does for a connection, over a pipe that stays.
  private func ask(_ context: ZeroMQContext, _ key: CurvePublicKey) throws -> (socket: ZeroMQSocket, code: String?) {
    let socket = try context.socket(ZMQ_DEALER)
    try socket.set(ZMQ_LINGER, 0 as Int32)
    try socket.set(ZMQ_RCVTIMEO, 10_000 as Int32)
    try socket.connect(Self.address)
    let parts = [
      [], Array("1.0".utf8), Array("id".utf8), [], Array("127.0.0.1".utf8), [], Array("CURVE".utf8), key.bytes,
    ]
    guard socket.sendBlocking(parts), let answer = socket.receiveBlocking(), answer.count == 7 else {
      return (socket, nil)
    }
    return (socket, String(decoding: answer[3], as: UTF8.self))
  }

  /// Whether the pipe to the one who answers is there.
  private func isConnected(_ socket: ZeroMQSocket) -> Bool { socket.events & ZMQ_POLLOUT != 0 }

  @Test("the pipes of answered questions are given back, and everybody is answered meanwhile")
  func givesBack() async throws {
    let context = try ZeroMQContext(ioThreads: 1)
    let ended = Signal()
    let replacement = ZAPHandler.Replacement(
      answers: 4, idleAnswers: 2, pause: .milliseconds(20), trims: [.milliseconds(5)])
    try ZAPHandler.start(context, KeyDirectory(), ServerCounters(), replacement: replacement) { ended.set() }
    let key = try CurveKeyPair.generate().publicKey
    var asked: [ZeroMQSocket] = []
    for _ in 0..<40 {
      let (socket, code) = try ask(context, key)
      #expect(code == "200")
      asked.append(socket)
    }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(10)
    // What was answered last may keep its pipe, where there is too little to be given back.
    while asked.count(where: isConnected) >= replacement.idleAnswers, clock.now < end {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(asked.count(where: isConnected) < replacement.idleAnswers)
    for socket in asked { socket.close() }
    context.shutdown()
    await ended.wait()
    context.terminate()
  }

  @Test("whom libzmq lets in unnamed, because nobody was there to ask, is told to come again")
  func unnamed() async throws {
    let context = try ZeroMQContext(ioThreads: 1)
    let (serverKeys, directory) = (try CurveKeyPair.generate(), KeyDirectory())
    let admissions = Admissions(
      Admissions.Parameters(
        core: RPCConnectionCore.Configuration(), connectionsMax: 10, strangersMax: 10, directory: directory,
        handlers: RPCHandlers(),
        logger: quiet))
    let loop = try IOLoop(named: "door-test")
    let bound: Result<String, WireError> = await withCheckedContinuation { continuation in
      loop.run { state in
        do throws(WireError) {
          let router = try RouterEndpoint(
            context, BusServerConfiguration(endpoint: "tcp://127.0.0.1:*"), serverKeys, admissions)
          state.add(router)
          continuation.resume(returning: .success(router.boundEndpoint))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    let keys = try CurveKeyPair.generate()
    directory.set(keys.publicKey, identity: "fleet-default/one")
    let client = BusClient(
      configuration: BusClientConfiguration(endpoints: [try bound.get()], serverKey: serverKeys.publicKey),
      keyPair: keys, logger: quiet)
    await expectCode(.unavailable) { try await within(.seconds(10)) { try await client.withConnection { _ in } } }
    #expect(admissions.count == 0)
    await loop.stop()
    context.shutdown()
    context.terminate()
  }
}
