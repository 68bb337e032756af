import Logging
import ServiceLifecycle
import Testing

@testable import Wire

@Suite("Drain")
struct DrainTests {
  @Test(
    "peers are sent away evenly over the window, all of them by its end, to come back after it and not at once",
    arguments: [0, 1, 7, 1_000, 10_000])
  func plan(_ peers: Int) {
    let plan = DrainPlan(peers: peers, window: .seconds(3), spread: .seconds(5))
    #expect(plan.window <= .seconds(3))
    var sent = 0
    var latest = Duration.zero
    for step in 0...300 {
      let elapsed = Duration.milliseconds(step * 10)
      let due = plan.departures(after: elapsed)
      #expect(due >= sent && due <= peers)
      #expect(due - sent <= max(10, peers / 100), "\(due - sent) at once after \(elapsed)")
      sent = due
      let retry = plan.retry(after: elapsed)
      #expect(elapsed + retry.lowerBound > plan.window, "back before the others have gone")
      #expect(retry.upperBound - retry.lowerBound >= .seconds(5))
      latest = max(latest, retry.upperBound)
    }
    #expect(sent == peers)
    #expect(plan.departures(after: plan.window) == peers)
    // Ten thousand handshakes take about ten seconds.
    if peers == 10_000 { #expect(plan.returnWindow.upperBound >= .seconds(20)) }
  }

  @Test("few peers do not make a manager wait for its window, and a window of nothing sends all away at once")
  func shortDrain() {
    #expect(DrainPlan(peers: 3, window: .seconds(600), spread: .zero).window == .milliseconds(3))
    #expect(DrainPlan(peers: 500, window: .zero, spread: .zero).departures(after: .zero) == 500)
  }

  @Test("the wait that a GOAWAY asks for is inside its window, whatever the window is")
  func pause() {
    let goaway = Goaway(retryAfterMinMs: 200, retryAfterMaxMs: 1_000)
    let waits = [0, 0.5, 0.999, 1, 7, -1].map { share in
      ReconnectBackoff.pause(after: goaway, limit: .seconds(300)) { share }
    }
    #expect(waits.allSatisfy { $0 >= .milliseconds(200) && $0 <= .seconds(1) } && Set(waits).count > 2)
    let odd = [Goaway(), Goaway(retryAfterMinMs: 500, retryAfterMaxMs: 1), Goaway(retryAfterMaxMs: .max)]
    let pauses = odd.map { ReconnectBackoff.pause(after: $0, limit: .seconds(300)) { 0.5 } }
    #expect(pauses == [.zero, .milliseconds(500), .seconds(300)])
  }

  @Test("every peer of a stopping server gets its GOAWAY, idle or not", arguments: Transport.allCases)
  func everyone(_ transport: Transport) async throws {
    let peers = 60
    let directory = KeyDirectory()
    let keys = try CurveKeyPair.generate()
    var configuration = BusServerConfiguration(endpoint: transport.freeEndpoint())
    configuration.drainWindow = .milliseconds(50)
    configuration.drainTimeout = .seconds(60)
    let server = BusServer(
      configuration: configuration, keyPair: keys, directory: directory, handlers: TestMethods.handlers(), logger: quiet
    )
    let group = ServiceGroup(services: [server], logger: quiet)
    let bus = Bus(server: server, endpoint: "", serverKeys: keys, directory: directory)
    async let running: Void = group.run()
    let endpoint = try await server.boundEndpoint()
    let ready = Box(0)
    try await withThrowingTaskGroup(of: Goaway?.self) { tasks in
      for index in 0..<peers {
        let client = try bus.client(identity: "a/\(index)") { $0.endpoints = [endpoint] }.client
        tasks.addTask {
          try await client.withConnection { channel in
            // Every other one has a stream open, as an agent has.
            let stream = index % 2 == 0 ? try await channel.stream(TestMethods.echoStream) : nil
            ready.update { $0 += 1 }
            let goaway = await channel.goaway()
            withExtendedLifetime(stream) {}
            return goaway
          }
        }
      }
      try await eventually("all are connected") { ready.value == peers && server.connectionCount == peers }
      await group.triggerGracefulShutdown()
      var told = 0
      while let goaway = try await tasks.next() {
        if let goaway, goaway.retryAfterMaxMs > goaway.retryAfterMinMs, goaway.retryAfterMinMs >= 200 { told += 1 }
      }
      #expect(told == peers)
    }
    try await running
  }

  @Test("a server that sends its peers away lets nobody in")
  func closed() throws {
    let core = RPCConnectionCore.Configuration()
    let admissions = Admissions(
      Admissions.Parameters(
        core: core, connectionsMax: 10, strangersMax: 10, directory: KeyDirectory(), handlers: RPCHandlers(),
        logger: quiet))
    let loop = try IOLoop(named: "drain-test")
    _ = try admissions.admit(CurveKeyPair.generate().publicKey, now: .now, driver: loop)
    admissions.close()
    #expect(throws: RPCError.self) { try admissions.admit(CurveKeyPair.generate().publicKey, now: .now, driver: loop) }
    Task { await loop.stop() }
  }
}
