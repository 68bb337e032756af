import Logging
import ServiceLifecycle
import Testing

@testable import Wire

@Suite("Bus lifecycle")
struct BusLifecycleTests {
  @Test("an unknown key can call what anyone may, and nothing else", arguments: Transport.allCases)
  func unknownKey(_ transport: Transport) async throws {
    var handlers = TestMethods.handlers()
    let directory = KeyDirectory()
    handlers.unary(Enrollment.enroll, access: .anyone) { request, context in
      #expect(context.identity == nil)
      directory.set(context.peer, identity: "fleet-default/new")
      return EnrollResponse(clusterNamespace: "fleet-default", clusterName: "new")
    }
    try await withBus(transport, handlers: handlers, directory: directory) { bus in
      try await bus.client(identity: nil).client.withConnection { channel in
        await expectCode(.unauthenticated) {
          let stream = try await channel.stream(TestMethods.echoStream)
          for try await _ in stream.messages {}
        }
        let answer = try await channel.unary(Enrollment.enroll, EnrollRequest(tokenId: "t"))
        #expect(answer.clusterName == "new")
        // The same connection, now enrolled.
        let stream = try await channel.stream(TestMethods.echoStream)
        try await stream.send(FetchChunk(offset: 5))
        var echoes = stream.messages.makeAsyncIterator()
        #expect(try await echoes.next()?.offset == 5)
      }
    }
  }

  @Test("revoking a key cuts its connection at once and refuses it from then on", arguments: Transport.allCases)
  func revocation(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      let (client, key) = try bus.client(keys: keys)
      await expectCode(.permissionDenied) {
        try await client.withConnection { channel in
          let stream = try await channel.stream(TestMethods.echoStream)
          bus.directory.revoke(key)
          await expectCode(.permissionDenied) { for try await _ in stream.messages {} }
          try await Task.sleep(for: .seconds(10))
        }
      }
      await expectCode(.permissionDenied) { try await within(.seconds(5)) { try await client.withConnection { _ in } } }
      #expect(bus.server.connectionCount == 0)
      #expect(transport == .inProcess || bus.server.counters.refusedKeys > 0)
    }
  }

  @Test("a server with another key than expected is refused clearly and soon", arguments: Transport.allCases)
  func wrongServerKey(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      let other = try CurveKeyPair.generate().publicKey
      let (client, _) = try bus.client { $0.serverKey = other }
      do {
        try await within(.seconds(8)) { try await client.withConnection { _ in } }
        Issue.record("connected to a server with the wrong key")
      } catch let error as RPCError {
        #expect(error.code == .unauthenticated && error.message.contains(other.base64URL), "\(error)")
      }
      // Others are not disturbed.
      _ = try await bus.client().client.withConnection { try await $0.unary(TestMethods.echo, FetchChunk()) }
    }
  }

  @Test("where nobody listens, connecting fails at once and says so", arguments: Transport.allCases)
  func nobodyThere(_ transport: Transport) async throws {
    let endpoint = transport == .sockets ? "tcp://127.0.0.1:1" : "in-process:nobody"
    let keys = try CurveKeyPair.generate()
    let configuration = BusClientConfiguration(endpoints: [endpoint], serverKey: keys.publicKey)
    let client = BusClient(configuration: configuration, keyPair: keys, logger: quiet)
    do {
      try await within(.seconds(5)) { try await client.withConnection { _ in } }
      Issue.record("connected to nobody")
    } catch let error as RPCError {
      #expect(error.code == .unavailable && error.message.contains(endpoint), "\(error)")
    }
  }

  @Test("a newer connection of a key takes the place of the older, whose streams end", arguments: Transport.allCases)
  func replacement(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      let (first, _) = try bus.client(keys: keys)
      let (second, _) = try bus.client(keys: keys)
      await expectCode(.aborted) {
        try await first.withConnection { channel in
          let stream = try await channel.stream(TestMethods.echoStream)
          try await stream.send(FetchChunk(offset: 1))
          try await second.withConnection { newer in
            await expectCode(.aborted) { for try await _ in stream.messages {} }
            let answer = try await newer.unary(TestMethods.echo, FetchChunk(offset: 2))
            #expect(answer.offset == 2)
          }
          try await Task.sleep(for: .seconds(10))
        }
      }
      #expect(bus.server.counters.replaced == 1)
    }
  }

  @Test(
    "when the server goes, the client knows at once, and a new server on the endpoint takes it back",
    arguments: Transport.allCases)
  func serverRestart(_ transport: Transport) async throws {
    let keys = try CurveKeyPair.generate()
    let directory = KeyDirectory()
    let agent = try CurveKeyPair.generate()
    let endpoint = Box("")
    let connected = Box(0)
    let session = Box<Task<Void, any Error>?>(nil)
    try await withBus(transport, handlers: TestMethods.handlers(), keys: keys, directory: directory) { bus in
      endpoint.update { $0 = bus.endpoint }
      let (client, _) = try bus.client(keys: agent)
      let task = Task {
        try await client.withConnection { _ in
          connected.update { $0 += 1 }
          try await Task.sleep(for: .seconds(30))
        }
      }
      session.update { $0 = task }
      try await eventually("the client is connected") { connected.value == 1 }
    }
    await expectCode(.unavailable) { try await session.value?.value }
    try await withBus(
      transport, handlers: TestMethods.handlers(), keys: keys, directory: directory, endpoint: endpoint.value
    ) { bus in
      let (client, _) = try bus.client(keys: agent)
      #expect(
        try await client.withConnection { try await $0.unary(TestMethods.echo, FetchChunk(offset: 4)) }.offset == 4)
    }
  }

  @Test("graceful shutdown says GOAWAY, lets open streams finish, and takes no new ones", arguments: Transport.allCases)
  func gracefulShutdown(_ transport: Transport) async throws {
    let keys = try CurveKeyPair.generate()
    let directory = KeyDirectory()
    var configuration = BusServerConfiguration(endpoint: transport.freeEndpoint())
    configuration.drainTimeout = .seconds(300)
    let server = BusServer(
      configuration: configuration, keyPair: keys, directory: directory, handlers: TestMethods.handlers(), logger: quiet
    )
    let group = ServiceGroup(services: [server], logger: quiet)
    async let running: Void = group.run()
    let bus = Bus(server: server, endpoint: try await server.boundEndpoint(), serverKeys: keys, directory: directory)
    await expectCode(.unavailable) {
      try await bus.client().client.withConnection { channel in
        let stream = try await channel.stream(TestMethods.echoStream)
        try await stream.send(FetchChunk(offset: 1))
        var echoes = stream.messages.makeAsyncIterator()
        #expect(try await echoes.next()?.offset == 1)
        await group.triggerGracefulShutdown()
        let goaway = try #require(await channel.goaway())
        #expect(goaway.retryAfterMaxMs >= goaway.retryAfterMinMs && goaway.retryAfterMaxMs > 0)
        await expectCode(.unavailable) { _ = try await channel.stream(TestMethods.echoStream) }
        try await stream.send(FetchChunk(offset: 2))
        #expect(try await echoes.next()?.offset == 2)
        await stream.finish()
        #expect(try await echoes.next() == nil)
        try await Task.sleep(for: .seconds(30))
      }
    }
    // Not after the timeout, which would be the end of this test.
    try await running
  }

  @Test("a peer that goes silent is given up after three heartbeats, on both sides")
  func silence() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.heartbeatInterval = .milliseconds(200) }) {
      bus in
      let (client, key) = try bus.client()
      try await client.withConnection { channel in
        // Idle for many intervals: heartbeats keep it.
        try await Task.sleep(for: .seconds(2))
        let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 1))
        #expect(answer.offset == 1)
        #expect(bus.server.isConnected(key))
      }
    }
  }

  @Test("a server whose endpoint is taken says so")
  func endpointTaken() async throws {
    try await withBus(.sockets, handlers: RPCHandlers()) { bus in
      let second = BusServer(
        configuration: BusServerConfiguration(endpoint: bus.endpoint), keyPair: try .generate(),
        directory: KeyDirectory(), handlers: RPCHandlers(), logger: quiet)
      let running = Task { try await second.run() }
      await #expect(throws: WireError.self) { try await second.boundEndpoint() }
      await #expect(throws: WireError.self) { try await running.value }
    }
  }

  @Test("without CURVE the same calls work, for measurements")
  func insecure() async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers(), { $0.insecure = true }) { bus in
      let (client, _) = try bus.client { $0.insecure = true }
      let answer = try await client.withConnection { try await $0.unary(TestMethods.echo, FetchChunk(offset: 8)) }
      #expect(answer.offset == 8)
    }
  }
}
