import Glibc
import Testing

@testable import Wire

@Suite("Hostile and odd peers")
struct HostilePeerTests {
  private func isSettings(_ frame: Frame) -> Bool { if case .settings = frame { true } else { false } }
  private func isClose(_ frame: Frame) -> Bool { if case .close(0, _, _) = frame { true } else { false } }

  private func open(_ id: StreamID) -> Frame {
    .open(id, Frame.Open(method: TestMethods.echo.name, deadline: nil, metadata: [:]))
  }

  @Test("a peer that follows the protocol by hand is served")
  func byHand() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      bus.directory.set(keys.publicKey, identity: "a/b")
      let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
      peer.send([RawPeer.settings, open(1), .message(1, .inline(FetchChunk(offset: 9).encoded())), .halfClose(1)])
      let answer = try await peer.frame { if case .message(1, _) = $0 { true } else { false } }
      guard case .message(_, let payload)? = answer else { return #expect(Bool(false), "no answer") }
      #expect(try FetchChunk(decoding: payload.bytes).offset == 9)
    }
  }

  @Test("a routing id of another's key is refused and counted, whoever sends under it")
  func spoofedRoutingID() async throws {
    let callers = Box<[String?]>([])
    var handlers = RPCHandlers()
    handlers.unary(TestMethods.echo, access: .anyone) { request, context in
      callers.update { $0.append(context.identity) }
      return request
    }
    try await withBus(.sockets, handlers: handlers) { bus in
      let (victim, attacker) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
      bus.directory.set(victim.publicKey, identity: "fleet/victim")
      bus.directory.set(attacker.publicKey, identity: "fleet/attacker")
      let victimID = RoutingID(of: victim.publicKey).bytes
      let call = [open(1), .message(1, .inline([])), .halfClose(1)]

      let first = RawPeer(bus, keys: victim, routingID: victimID)
      first.send([RawPeer.settings] + call)
      #expect(try await first.frame(where: isSettings) != nil)
      try await eventually("the victim's call is served") { callers.value == ["fleet/victim"] }

      // The attacker knows even the random part, and takes the pipe over; it gains nothing by it.
      let second = RawPeer(bus, keys: attacker, routingID: victimID)
      second.send([RawPeer.settings] + call)
      try await eventually("the spoof is counted") { bus.server.counters.foreignRoutingIDs > 0 }
      #expect(!bus.server.isConnected(attacker.publicKey))

      // The victim comes back under a new id.
      let (client, _) = try bus.client(identity: "fleet/victim", keys: victim)
      _ = try await client.withConnection { try await $0.unary(TestMethods.echo, FetchChunk()) }
      #expect(callers.value == ["fleet/victim", "fleet/victim"])
      withExtendedLifetime((first, second)) {}
    }
  }

  @Test(
    "odd routing ids are refused and disturb nobody",
    arguments: [
      [0, 1, 2, 3, 4], [0] + [UInt8](repeating: 7, count: 23), [UInt8](repeating: 70, count: 255), [70], nil,
    ]
      as [[UInt8]?])
  func oddRoutingIDs(_ routingID: [UInt8]?) async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      bus.directory.set(keys.publicKey, identity: "a/b")
      let (client, _) = try bus.client()
      try await client.withConnection { channel in
        let peer = RawPeer(bus, keys: keys, routingID: routingID)
        peer.send([RawPeer.settings, open(1), .message(1, .inline([]))])
        try await eventually("the message is refused") {
          bus.server.counters.malformedMessages + bus.server.counters.foreignRoutingIDs > 0
        }
        #expect(bus.server.connectionCount == 1)
        let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 1))
        #expect(answer.offset == 1)
        withExtendedLifetime(peer) {}
      }
    }
  }

  @Test("messages that are not of the protocol cost their sender its connection, and nobody else anything")
  func malformedMessages() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        let bad: [[[UInt8]]] = [
          [[0xff, 0xff]], [[]], [[1, 2, 3], [4]], [[], [], []], [[UInt8]](repeating: [1], count: 40),
          [[UInt8](repeating: 0, count: 100_000)],
        ]
        for parts in bad {
          let keys = try CurveKeyPair.generate()
          bus.directory.set(keys.publicKey, identity: "a/b")
          let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
          peer.send([RawPeer.settings])
          #expect(try await peer.frame(where: isSettings) != nil)
          peer.send(parts)
          // An empty batch is a batch.
          if parts != [[]] {
            try await eventually("the connection is ended for \(parts.first?.first as Any)") {
              !bus.server.isConnected(keys.publicKey)
            }
          }
          let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 2))
          #expect(answer.offset == 2)
        }
      }
    }
  }

  @Test("a part beyond the limit ends the sender's connection before it is taken in")
  func oversized() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.heartbeatInterval = .milliseconds(300) }) {
      bus in
      let keys = try CurveKeyPair.generate()
      bus.directory.set(keys.publicKey, identity: "a/b")
      let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
      peer.send([RawPeer.settings])
      #expect(try await peer.frame(where: isSettings) != nil)
      peer.send([[UInt8](repeating: 0, count: WireLimits.partBytes + 1000)])
      try await eventually("the connection is ended") { bus.server.connectionCount == 0 }
      let answer = try await bus.client().client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk(offset: 3))
      }
      #expect(answer.offset == 3)
    }
  }

  @Test("a peer that the server does not know is told to connect again")
  func stray() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
      peer.send([.ping])
      #expect(try await peer.frame(where: isClose) != nil)
      #expect(bus.server.counters.strayMessages == 1)
    }
  }

  @Test("bytes that are not ZMTP disturb nobody")
  func notZMTP() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let port = try #require(UInt16(bus.endpoint.split(separator: ":").last ?? ""))
      var sockets: [Int32] = []
      for text in ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\0\0\0\0\0\0\0", "\u{16}\u{3}\u{1}", ""] {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
        #expect(connected == 0)
        _ = write(descriptor, text, text.utf8.count)
        sockets.append(descriptor)
      }
      let answer = try await bus.client().client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk(offset: 4))
      }
      #expect(answer.offset == 4)
      for descriptor in sockets { close(descriptor) }
    }
  }

  @Test("a peer that stops following the heartbeat is given up")
  func deadPeer() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.heartbeatInterval = .milliseconds(200) }) {
      bus in
      let keys = try CurveKeyPair.generate()
      bus.directory.set(keys.publicKey, identity: "a/b")
      let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
      peer.send([RawPeer.settings])
      #expect(try await peer.frame(where: isSettings) != nil)
      // Its ZeroMQ is alive and answers ZMTP's own heartbeats; that does not count. After how long it is given up is the core's to
      // say, and its tests'.
      try await eventually("the peer is given up") { bus.server.connectionCount == 0 }
      #expect(try await peer.frame(where: isClose) != nil)
    }
  }

  @Test("a revoked peer that ignores CLOSE is not heard any more")
  func stubbornPeer() async throws {
    let calls = Box(0)
    var handlers = RPCHandlers()
    handlers.unary(TestMethods.echo, access: .anyone) { request, _ in
      calls.update { $0 += 1 }
      return request
    }
    try await withBus(.sockets, handlers: handlers) { bus in
      let keys = try CurveKeyPair.generate()
      bus.directory.set(keys.publicKey, identity: "a/b")
      let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
      peer.send([RawPeer.settings, open(1), .message(1, .inline([])), .halfClose(1)])
      try await eventually("the call is served") { calls.value == 1 }
      bus.directory.revoke(keys.publicKey)
      try await eventually("the connection is ended") { bus.server.connectionCount == 0 }
      for id in [3, 5, 7] as [StreamID] {
        peer.send([RawPeer.settings, open(id), .message(id, .inline([])), .halfClose(id)])
      }
      // Another peer's round trip, so that the server has had the messages before we look.
      _ = try await bus.client().client.withConnection { try await $0.unary(TestMethods.echo, FetchChunk()) }
      try await Task.sleep(for: .milliseconds(200))
      #expect(calls.value == 2 && !bus.server.isConnected(keys.publicKey))
    }
  }
}
