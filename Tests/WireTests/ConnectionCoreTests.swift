import Testing

@testable import Wire

@Suite("Connection core")
struct ConnectionCoreTests {
  /// Two cores and the frames between them; nothing is lost, and time stands still unless told.
  struct Pair {
    var agent: RPCConnectionCore
    var manager: RPCConnectionCore
    var now = Moment(nanoseconds: 1_000_000_000)
    var agentSaw: [RPCConnectionCore.Directive] = []
    var managerSaw: [RPCConnectionCore.Directive] = []

    init(_ change: (inout RPCConnectionCore.Configuration) -> Void = { _ in }) {
      var configuration = RPCConnectionCore.Configuration()
      change(&configuration)
      agent = RPCConnectionCore(side: .connecting, configuration: configuration, now: now)
      manager = RPCConnectionCore(side: .bound, configuration: configuration, now: now)
      exchange()
    }

    mutating func exchange() {
      while !agent.directives.isEmpty || !manager.directives.isEmpty {
        let (up, down) = (agent.directives, manager.directives)
        agent.directives = []
        manager.directives = []
        for directive in up {
          if case .transmit(let frame) = directive {
            manager.receive(frame, now: now)
          } else {
            agentSaw.append(directive)
          }
        }
        for directive in down {
          if case .transmit(let frame) = directive {
            agent.receive(frame, now: now)
          } else {
            managerSaw.append(directive)
          }
        }
      }
    }

    mutating func pass(_ duration: Duration) {
      now = now + duration
      agent.tick(now: now)
      manager.tick(now: now)
      exchange()
    }
  }

  private let open = Frame.Open(method: "m", deadline: nil, metadata: [:])

  private func names(_ directives: [RPCConnectionCore.Directive]) -> [String] {
    directives.map { "\($0)".prefix { $0 != "(" }.description }
  }

  @Test("a sender stops at its credit and goes on when the reader took messages")
  func credit() throws {
    var pair = Pair { $0.streamCreditBytes = 1000 }
    let id = try pair.agent.open(open, now: pair.now)
    var sent = 0
    while pair.agent.send(.inline([UInt8](repeating: 1, count: 84)), on: id, now: pair.now) == .sent { sent += 1 }
    #expect(sent == 10)
    #expect(!pair.agent.mayTrySending(on: id))
    pair.exchange()
    #expect(!pair.agent.mayTrySending(on: id))
    pair.manager.consumed(500, on: id, now: pair.now)
    pair.exchange()
    #expect(pair.agent.mayTrySending(on: id))
    #expect(names(pair.agentSaw).contains("writable"))
  }

  @Test("a stream that nobody reads leaves the others their credit")
  func unreadStream() throws {
    var pair = Pair {
      $0.streamCreditBytes = 1000
      $0.connectionCreditBytes = 2000
    }
    for _ in 0..<20 {
      let unread = try pair.agent.open(open, now: pair.now)
      while pair.agent.send(.inline([1, 2, 3]), on: unread, now: pair.now) == .sent { pair.exchange() }
    }
    let other = try pair.agent.open(open, now: pair.now)
    #expect(pair.agent.send(.inline([1]), on: other, now: pair.now) == .sent)
  }

  @Test("a peer that sends beyond its credit loses the connection")
  func creditViolation() throws {
    var pair = Pair { $0.streamCreditBytes = 100 }
    let id = try pair.agent.open(open, now: pair.now)
    pair.exchange()
    for _ in 0..<8 { pair.manager.receive(.message(id, .inline([UInt8](repeating: 0, count: 20))), now: pair.now) }
    #expect(pair.manager.isOver)
  }

  @Test(
    "frames that break the protocol end the connection and nothing else",
    arguments: [
      .open(2, Frame.Open(method: "", deadline: nil, metadata: [:])), .message(7, .inline([])), .halfClose(9),
      .credit(0, UInt64(WireLimits.creditBytes)), .credit(0, .max), .settings(Settings()), .close(4, .ok, ""),
    ] as [Frame])
  func violations(_ frame: Frame) {
    var pair = Pair()
    pair.manager.receive(frame, now: pair.now)
    pair.exchange()
    #expect(pair.manager.isOver && pair.agent.isOver)
  }

  @Test("the first frame must be SETTINGS with a version in common")
  func greeting() {
    let now = Moment(nanoseconds: 0)
    var manager = RPCConnectionCore(side: .bound, configuration: .init(), now: now)
    manager.receive(.ping, now: now)
    #expect(manager.isOver)
    manager = RPCConnectionCore(side: .bound, configuration: .init(), now: now)
    manager.receive(.settings(Settings(protocolMin: 2, protocolMax: 3)), now: now)
    #expect("\(manager.phase)".contains("no common protocol version"))
  }

  @Test("a deadline ends the stream on both sides")
  func deadline() throws {
    var pair = Pair()
    let limited = Frame.Open(method: "m", deadline: .seconds(1), metadata: [:])
    _ = try pair.agent.open(limited, now: pair.now)
    pair.exchange()
    pair.pass(.milliseconds(900))
    #expect(pair.agent.streams.count == 1 && pair.manager.streams.count == 1)
    pair.pass(.milliseconds(200))
    #expect(pair.agent.streams.isEmpty && pair.manager.streams.isEmpty)
    #expect(names(pair.managerSaw).contains("closed") && names(pair.agentSaw).contains("closed"))
  }

  @Test("heartbeats keep an idle connection, and their absence ends it within three intervals on both sides")
  func heartbeats() {
    var pair = Pair { $0.heartbeatInterval = .seconds(10) }
    for _ in 0..<100 { pair.pass(.seconds(1)) }
    #expect(!pair.agent.isOver && !pair.manager.isOver)
    // The link goes dead: ticks without exchange.
    let dead = pair.now
    while !pair.agent.isOver || !pair.manager.isOver {
      pair.now = pair.now + .seconds(1)
      pair.agent.tick(now: pair.now)
      pair.manager.tick(now: pair.now)
      #expect(pair.now - dead <= .seconds(31))
      if pair.now - dead > .seconds(40) { break }
    }
  }

  @Test("an idle pair sends no more than the heartbeat needs")
  func idleTraffic() {
    var pair = Pair { $0.heartbeatInterval = .seconds(30) }
    var frames = 0
    for _ in 0..<300 {
      pair.now = pair.now + .seconds(1)
      pair.agent.tick(now: pair.now)
      pair.manager.tick(now: pair.now)
      frames += pair.agent.directives.count
      pair.exchange()
    }
    #expect(frames <= 16)
  }

  @Test("after GOAWAY no stream is opened, and open ones go on")
  func goaway() throws {
    var pair = Pair()
    let id = try pair.agent.open(open, now: pair.now)
    pair.exchange()
    pair.manager.leave(Goaway(reason: "drain"), now: pair.now)
    pair.exchange()
    #expect(throws: RPCError.self) { try pair.agent.open(open, now: pair.now) }
    #expect(pair.agent.send(.inline([1]), on: id, now: pair.now) == .sent)
  }

  @Test("streams beyond the limit are refused one by one")
  func streamLimit() throws {
    var pair = Pair { $0.streamsMax = 2 }
    let first = try pair.agent.open(open, now: pair.now)
    _ = try pair.agent.open(open, now: pair.now)
    #expect { try pair.agent.open(open, now: pair.now) } throws: { ($0 as? RPCError)?.code == .resourceExhausted }
    pair.agent.close(first, nil, now: pair.now)
    _ = try pair.agent.open(open, now: pair.now)
    pair.exchange()
    #expect(pair.manager.remoteStreams == 2 && !pair.manager.isOver)
  }

  @Test("late frames of a stream that is over are skipped")
  func lateFrames() throws {
    var pair = Pair()
    let id = try pair.agent.open(open, now: pair.now)
    pair.exchange()
    pair.manager.close(id, RPCError(.notFound, "no"), now: pair.now)
    _ = pair.agent.send(.inline([1]), on: id, now: pair.now)
    pair.agent.halfClose(id, now: pair.now)
    pair.exchange()
    #expect(!pair.agent.isOver && !pair.manager.isOver && pair.agent.streams.isEmpty)
  }
}
