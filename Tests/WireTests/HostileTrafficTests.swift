import Glibc
import Testing

@testable import Wire

@Suite("Peers that ask much, say little, or speak otherwise")
struct HostileTrafficTests {
  private static let unknown = Method<FetchChunk, FetchChunk>("flotilla.test.Nobody/Knows")

  private func open(_ id: StreamID, _ method: String = TestMethods.echo.name) -> Frame {
    .open(id, Frame.Open(method: method, deadline: nil, metadata: [:]))
  }

  private func peer(_ bus: Bus, highWaterMark: Int32 = 1_000) throws -> (RawPeer, CurvePublicKey) {
    let keys = try CurveKeyPair.generate()
    bus.directory.set(keys.publicKey, identity: "a/b")
    let id = RoutingID(of: keys.publicKey).bytes
    return (RawPeer(bus, keys: keys, routingID: id, highWaterMark: highWaterMark), keys.publicKey)
  }

  private func settings(min: UInt32 = 1, max: UInt32 = 1, credit: UInt64 = 1 << 16) -> Frame {
    .settings(
      Settings(
        protocolMin: min, protocolMax: max, streamCreditBytes: credit, connectionCreditBytes: credit, streamsMax: 8))
  }

  @Test("a peer that grants a gigabyte and reads nothing makes its sender wait, and nobody else")
  func fullPeer() async throws {
    let sent = Box(0)
    var handlers = TestMethods.handlers()
    handlers.stream(Self.unknown) { stream, _ in
      let chunk = EncodedMessage(FetchChunk(data: [UInt8](repeating: 1, count: 128 << 10)))
      while true {
        try await stream.send(chunk)
        sent.update { $0 += 128 << 10 }
      }
    }
    try await withBus(.sockets, handlers: handlers) { bus in
      let (peer, _) = try peer(bus, highWaterMark: 4)
      let credit = UInt64(WireLimits.creditBytes)
      peer.send([settings(credit: credit), open(1, Self.unknown.name), .message(1, .inline([]))])
      try await eventually("its pipe is full, and its sender waits", within: .seconds(60)) {
        // Full for good: at first the kernel still takes something now and then.
        let counters = bus.server.counters
        return counters.fullPipes > 0 && counters.creditStalls > 0 && counters.waitingPeers == 1
      }
      #expect(sent.value < WireLimits.creditBytes / 4, "what the kernel and ZeroMQ take is not without end either")
      let answer = try await bus.client().client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk(offset: 1))
      }
      #expect(answer.offset == 1)
      withExtendedLifetime(peer) {}
    }
  }

  /// Never sends anything.
  private final class Nowhere: ConnectionDriver {
    func schedule(_ connection: RPCConnection) {}
  }

  private func connection(_ handlers: RPCHandlers = RPCHandlers()) throws -> RPCConnection {
    let connection = RPCConnection(
      peer: try CurveKeyPair.generate().publicKey,
      core: RPCConnectionCore(side: .bound, configuration: .init(), now: .now), handlers: handlers, driver: Nowhere(),
      logger: quiet
    ) { .known("a/b") }
    connection.receive([settings(credit: UInt64(WireLimits.creditBytes))], now: .now)
    return connection
  }

  @Test("senders wait at the limit of unsent bytes, and go on when the socket took them")
  func unsentLimit() async throws {
    let connection = try connection()
    let handle = try connection.openStream(Frame.Open(method: "m", deadline: nil, metadata: [:])).handle
    let sent = Box(0)
    let sender = Task {
      let payload = Payload([UInt8](repeating: 0, count: WireLimits.payloadBytes))
      while true {
        try await connection.send(payload, on: handle.id, handle.buffer)
        sent.update { $0 += 1 }
      }
    }
    let most = WireLimits.unsentBytes / WireLimits.payloadBytes
    try await eventually("the limit is reached") { sent.value == most }
    let (messages, _) = connection.takeOutbound()
    try await eventually("the socket has taken them") { sent.value == 2 * most }
    // It had no room for them after all.
    connection.hold(messages.reduce(0) { $0 + $1.byteCount })
    _ = connection.takeOutbound()
    await Task.yield()
    #expect(sent.value == 2 * most)
    connection.hold(0)
    try await eventually("there is room again") { sent.value == 3 * most }
    sender.cancel()
    _ = await sender.result
  }

  @Test("a peer that asks for answers without end and reads none loses its connection at twice that limit")
  func askingWithoutReading() throws {
    let connection = try connection()
    let pings = [Frame](repeating: .ping, count: WireLimits.framesPerBatch)
    for _ in 0..<10_000 where connection.failure == nil { connection.receive(pings, now: .now) }
    #expect(connection.failure?.code == .resourceExhausted)
    let waiting = connection.takeOutbound().messages.reduce(0) { $0 + $1.byteCount }
    #expect(waiting >= 2 * WireLimits.unsentBytes && waiting < 2 * WireLimits.unsentBytes + (64 << 10))
  }

  @Test(
    "half-open connections and bursts of them are let go after the handshake's time, and others are served meanwhile")
  func halfOpen() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.handshakeTimeout = .seconds(1) }) { bus in
      // Many more than ZeroMQ's own backlog of 100, at once.
      let sockets = try (0..<400).map { _ in try #require(RawTCP(bus.endpoint)) }
      let answer = try await bus.client().client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk(offset: 4))
      }
      #expect(answer.offset == 4)
      for socket in sockets { try await eventually("it is let go", within: .seconds(60)) { socket.isOver } }
    }
  }

  @Test("a payload that is not the method's message ends its call and nothing else")
  func wrongPayload() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let (peer, key) = try peer(bus)
      peer.send([settings(), open(1), .message(1, .inline([0xff, 0xff, 0xff])), .halfClose(1)])
      let end = try await peer.frame { if case .close(1, let code, _) = $0 { code == .internal } else { false } }
      #expect(end != nil)
      peer.send([open(3), .message(3, .inline(FetchChunk(offset: 3).encoded())), .halfClose(3)])
      #expect(try await peer.frame { if case .message(3, _) = $0 { true } else { false } } != nil)
      #expect(bus.server.isConnected(key))
    }
  }

  @Test("what a newer peer says is skipped where it is not known, and a method that is not known ends its call alone")
  func newerPeer() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let (peer, key) = try peer(bus)
      // Versions 1 to 9 have one in common with this side.
      peer.send([settings(max: 9)])
      var newer: [UInt8] = []
      BatchCodec.append(.ping, to: &newer)
      // A kind of frame that there is not, and a field of a batch that there is not.
      newer[newer.count - 1] = 99
      peer.send([newer + [0x78, 0x01]])
      peer.send([open(1, Self.unknown.name), open(3), .message(3, .inline([])), .halfClose(3)])
      let codes: [StatusCode] = [.unimplemented, .ok]
      for (id, expected) in zip([1, 3] as [StreamID], codes) {
        let end = try await peer.frame { if case .close(id, let code, _) = $0 { code == expected } else { false } }
        #expect(end != nil, "stream \(id)")
      }
      #expect(bus.server.isConnected(key))
    }
  }

  @Test("a peer without a version in common is told so")
  func versionSkew() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let (peer, key) = try peer(bus)
      peer.send([settings(min: 2, max: 3)])
      let end = try await peer.frame {
        if case .close(0, let code, _) = $0 { code == .failedPrecondition } else { false }
      }
      #expect(end != nil && !bus.server.isConnected(key))
    }
  }

  @Test(
    "as many connections as the limit says are let in, one more is told to come back, a known key takes its own place")
  func admissionLimit() async throws {
    let limit = 3
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.connectionsMax = limit }) { bus in
      let keys = try (0..<limit).map { _ in try CurveKeyPair.generate() }
      let held = Box<[Task<Void, any Error>]>([])
      let connected = Box(0)
      for key in keys {
        let client = try bus.client(keys: key).client
        let task = Task {
          try await client.withConnection { _ in
            connected.update { $0 += 1 }
            try await Task.sleep(for: .seconds(600))
          }
        }
        held.update { $0.append(task) }
      }
      try await eventually("all places are taken") { connected.value == limit && bus.server.connectionCount == limit }
      let (late, _) = try bus.client(identity: "a/late")
      await expectCode(.resourceExhausted) { try await late.withConnection { _ in } }
      // The newer connection of a key takes the place of the older.
      _ = try await bus.client(keys: keys[0]).client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk())
      }
      for task in held.value { task.cancel() }
      for task in held.value { _ = await task.result }
      try await eventually("there is room") { bus.server.connectionCount < limit }
      _ = try await late.withConnection { try await $0.unary(TestMethods.echo, FetchChunk()) }
    }
  }
}

extension HostileTrafficTests {
  @Test(
    "strangers who connect and do not enrol hold their share of the places; the oldest gives way, and agents have the rest"
  )
  func strangers() async throws {
    try await withBus(
      .sockets, handlers: TestMethods.handlers(), { ($0.connectionsMax, $0.strangersMax) = (9, 3) }
    ) { bus in
      let held = Box<[Task<Void, any Error>]>([])
      defer { for task in held.value { task.cancel() } }
      func hold(_ identity: String?) throws -> CurvePublicKey {
        let (client, key) = try bus.client(identity: identity)
        let task = Task { try await client.withConnection { _ in try await Task.sleep(for: .seconds(600)) } }
        held.update { $0.append(task) }
        return key
      }
      func isHeld(_ key: CurvePublicKey) async throws {
        try await eventually("\(key) is connected") { bus.server.isConnected(key) }
      }
      // One that enrols on its connection is a stranger no more, and stays.
      let joined = try hold(nil)
      try await isHeld(joined)
      bus.directory.set(joined, identity: "a/joined")
      var strangers: [CurvePublicKey] = []
      for _ in 0..<6 {
        strangers.append(try hold(nil))
        try await isHeld(strangers[strangers.count - 1])
      }
      let all = strangers
      try await eventually("the oldest strangers are gone") {
        all.map { bus.server.isConnected($0) } == [false, false, false, true, true, true]
      }
      #expect(bus.server.counters.displacedStrangers == 3 && bus.server.isConnected(joined))
      // Agents take the places that are left, and then those of the strangers.
      for number in 0..<8 { try await isHeld(try hold("a/\(number)")) }
      try await eventually("no stranger is left") { !all.contains { bus.server.isConnected($0) } }
      #expect(bus.server.connectionCount == 9 && bus.server.isConnected(joined))
      let (late, _) = try bus.client(identity: "a/late")
      await expectCode(.resourceExhausted) { try await late.withConnection { _ in } }
      await expectCode(.resourceExhausted) { try await bus.client(identity: nil).client.withConnection { _ in } }
      for task in held.value { task.cancel() }
      for task in held.value { _ = await task.result }
    }
  }
}

/// A TCP connection that says nothing.
private final class RawTCP: Sendable {
  private let descriptor: Int32

  /// Connects to `tcp://127.0.0.1:PORT`; nil where that fails.
  init?(_ endpoint: String) {
    guard let port = UInt16(endpoint.split(separator: ":").last ?? "") else { return nil }
    descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Whether the other side has ended it.
  var isOver: Bool {
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count == 0 || (count < 0 && errno != EAGAIN) { return true }
      if count < 0 { return false }
    }
  }
}
