import Testing

@testable import Wire

@Suite("Calls that are refused")
struct RefusalTests {
  private static let missing = Frame.Open(method: "flotilla.test.Nobody/Knows", deadline: nil, metadata: [:])
  private let error = RPCError(.unimplemented, "not here")

  /// The streams whose end the agent heard of.
  private func answered(_ pair: ConnectionCoreTests.Pair) -> [StreamID] {
    pair.agentSaw.compactMap { if case .closed(let id, .some) = $0 { id } else { nil } }
  }

  @Test("the first are answered at once, the next ones in their turn, and none is forgotten")
  func pace() throws {
    var pair = ConnectionCoreTests.Pair { $0.streamsMax = 200 }
    var ids: [StreamID] = []
    for _ in 0..<WireLimits.refusalsAtOnce + 3 { ids.append(try pair.agent.open(Self.missing, now: pair.now)) }
    pair.exchange()
    for id in ids { pair.manager.refuse(id, error, now: pair.now) }
    pair.exchange()
    #expect(answered(pair) == ids.dropLast(3))
    for heard in [2, 1, 0] {
      pair.pass(.milliseconds(99))
      #expect(answered(pair).count == ids.count - heard - 1)
      #expect(pair.manager.nextDeadline == pair.now + .milliseconds(1))
      pair.pass(.milliseconds(1))
      #expect(answered(pair) == ids.dropLast(heard))
    }
    // Who rests has as much again.
    pair.pass(.seconds(10))
    for _ in 0..<WireLimits.refusalsAtOnce {
      ids.append(try pair.agent.open(Self.missing, now: pair.now))
      pair.exchange()
      pair.manager.refuse(ids[ids.count - 1], error, now: pair.now)
      pair.exchange()
    }
    #expect(answered(pair) == ids)
  }

  @Test("who calls on without waiting is cut off at the limit; the side that connected answers whom it chose at once")
  func limit() throws {
    let allowed = WireLimits.refusalsAtOnce + WireLimits.refusalsWaiting
    var pair = ConnectionCoreTests.Pair { $0.streamsMax = 2 * allowed }
    for number in 1...allowed + 1 {
      #expect(!pair.manager.isOver, "\(number)")
      let id = try pair.agent.open(Self.missing, now: pair.now)
      pair.exchange()
      // Taken back: that makes no difference to what it costs.
      pair.agent.close(id, RPCError(.cancelled, ""), now: pair.now)
      pair.manager.refuse(id, error, now: pair.now)
      pair.exchange()
    }
    guard case .over(let reason) = pair.manager.phase else { throw RPCError(.internal, "it goes on") }
    #expect(reason.code == .resourceExhausted && pair.agent.isOver && pair.manager.nextDeadline == .distantFuture)

    var other = ConnectionCoreTests.Pair { $0.streamsMax = 2 * allowed }
    for _ in 0...allowed {
      let id = try other.manager.open(Self.missing, now: other.now)
      other.exchange()
      other.agent.refuse(id, error, now: other.now)
      other.exchange()
    }
    #expect(!other.agent.isOver && !other.manager.isOver)
  }

  @Test(
    "a flood of calls of a method that is not there ends its connection and the next one at once; others are served",
    arguments: [false, true])
  func flood(ofStranger: Bool) async throws {
    try await withBus(.sockets, handlers: TestMethods.handlers()) { bus in
      let keys = try CurveKeyPair.generate()
      if !ofStranger { bus.directory.set(keys.publicKey, identity: "a/flood") }
      let atOnce = ofStranger ? WireLimits.refusalsAtOnceForStrangers : WireLimits.refusalsAtOnce
      func flood(_ calls: Int) -> RawPeer {
        let peer = RawPeer(bus, keys: keys, routingID: RoutingID(of: keys.publicKey).bytes)
        peer.send([RawPeer.settings])
        for number in 0..<calls { peer.send([.open(StreamID(2 * number + 1), Self.missing)]) }
        return peer
      }
      func isCut(_ peer: RawPeer) async throws -> Bool {
        let last = try await peer.frame { if case .close(0, _, _) = $0 { true } else { false } }
        guard case .close(0, .resourceExhausted, _)? = last else { return false }
        return true
      }
      #expect(try await isCut(flood(atOnce + WireLimits.refusalsWaiting + 20)))
      try await eventually("the connection is gone") { !bus.server.isConnected(keys.publicKey) }
      let refused = bus.server.counters.refusedCalls
      #expect(refused > atOnce + WireLimits.refusalsWaiting)
      // Fewer than a fresh connection may make, and more than are forgotten in this test's time.
      if !ofStranger { #expect(try await isCut(flood(WireLimits.refusalsAtOnce + WireLimits.refusalsWaiting / 2))) }
      let answer = try await bus.client().client.withConnection {
        try await $0.unary(TestMethods.echo, FetchChunk(offset: 1))
      }
      #expect(answer.offset == 1)
    }
  }
}
