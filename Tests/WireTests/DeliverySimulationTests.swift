import Foundation
import Testing

@testable import Wire

@Suite("Delivery")
struct DeliverySimulationTests {
  @Test("whatever is lost and whoever crashes, nothing is lost for good and both sides come to agree")
  func schedules() async throws {
    let environment = ProcessInfo.processInfo.environment
    if let text = environment["FLOTILLA_SIMULATION_SEED"], let seed = UInt64(text) {
      let simulation = DeliverySimulation(seed: seed)
      return try simulation.run(steps: 400)
    }
    let schedules = environment["FLOTILLA_SIMULATION_SCHEDULES"].flatMap { Int($0) } ?? 2000
    var counts: [String: Int] = [:]
    for seed in 0..<UInt64(schedules) {
      let simulation = DeliverySimulation(seed: seed)
      try simulation.run(steps: 400)
      counts.merge(simulation.counts) { $0 + $1 }
      // Other tests share the threads.
      await Task.yield()
    }
    // Schedules in which nothing happens prove nothing.
    for what in [
      "changes", "connections", "manager crashes", "agent crashes", "desired", "reports", "nacks", "full reports",
      "failed persists",
    ] {
      #expect(counts[what, default: 0] >= schedules / 10, "\(what) in \(schedules) schedules")
    }
  }

  @Test("equal inventories resume without an item sent")
  func resume() {
    let items = (0..<5).map { DeploymentItem(id: "d\($0)", version: "v\($0)") }
    let held = Dictionary(uniqueKeysWithValues: items.map { ($0.id, $0.version) })
    var manager = ManagerSession(.init(sessionID: 1))
    var agent = AgentSession(.init(bootID: "b"), .init(held: held, lastRevision: 3))
    guard case .send(.hello(let hello))? = agent.handle(.connected).first else {
      return #expect(Bool(false), "no Hello")
    }
    #expect(manager.handle(.received(.hello(hello))) == [.recordHello(hello), .loadAll])
    let answer = manager.handle(.loadedAll(items, revision: 9, statusHash: nil))
    guard case .send(.welcome(let welcome))? = answer.first else { return #expect(Bool(false), "no Welcome") }
    #expect(welcome.resume && welcome.revision == 9 && !welcome.reportAll && manager.isSynchronized)
    #expect(answer.count == 3)
    #expect(agent.handle(.received(.welcome(welcome))) == [.welcomed(welcome), .complete(revision: 9)])
    // A dirty bit without a change sends nothing either.
    #expect(manager.handle(.changed(["d1"])) == [.load(["d1"])])
    #expect(manager.handle(.loaded([items[1]], revision: 10)) == [])
  }

  @Test("a slow agent gets the latest state, not every state in turn")
  func coalescing() {
    var manager = liveManager()
    #expect(manager.handle(.changed(["a"])) == [.load(["a"])])
    let first = manager.handle(.loaded([DeploymentItem(id: "a", version: "1")], revision: 2))
    #expect(first.count == 1)
    for _ in 0..<1000 { #expect(manager.handle(.changed(["a", "b"])).isEmpty) }
    let next = manager.handle(.received(.ack(Ack(nonce: 1))))
    #expect(next.last == .load(["a", "b"]))
  }

  @Test("last status wins, one report is under way at a time, and the acknowledgement releases the next")
  func statuses() {
    var agent = AgentSession(.init(bootID: "b"), .init())
    func status(_ text: String) -> DeploymentStatus {
      DeploymentStatus(id: "a", version: "1", status: Array(text.utf8))
    }
    #expect(agent.handle(.status(status("0"))).isEmpty)
    _ = agent.handle(.connected)
    let welcomed = agent.handle(.received(.welcome(Welcome(sessionId: 1, protocol: 1, resume: true))))
    #expect(welcomed.last == .send(.status(StatusReport(seq: 1, statuses: [status("0")]))))
    for number in 1...100 { #expect(agent.handle(.status(status("\(number)"))).isEmpty) }
    let acknowledged = agent.handle(.received(.statusAck(StatusAck(seq: 1))))
    #expect(acknowledged.last == .send(.status(StatusReport(seq: 2, statuses: [status("100")]))))
    _ = agent.handle(.received(.statusAck(StatusAck(seq: 2))))
    #expect(!agent.hasUnacknowledgedStatuses)
    #expect(agent.handle(.status(status("100"))).isEmpty)
  }

  @Test("reports are bounded in number and bytes")
  func reportLimits() {
    var outbox = StatusOutbox(acknowledged: [:])
    for number in 0..<200 { outbox.put(DeploymentStatus(id: "d\(number)", status: [1])) }
    #expect(outbox.next()?.statuses.count == WireLimits.statusesPerReport)
    outbox = StatusOutbox(acknowledged: [:])
    let long = [UInt8](repeating: 1, count: 300 << 10)
    for number in 0..<3 { outbox.put(DeploymentStatus(id: "d\(number)", status: long)) }
    #expect(outbox.next()?.statuses.count == 1)
    var agent = AgentSession(.init(bootID: "b"), .init())
    let tooLong = DeploymentStatus(id: "x", status: [UInt8](repeating: 1, count: WireLimits.payloadBytes))
    #expect(agent.handle(.status(tooLong)) == [.statusTooLong(id: "x", bytes: WireLimits.payloadBytes)])
  }

  @Test("messages that have no place end the session")
  func misplaced() {
    func ends(_ directives: [ManagerSession.Directive]) -> Bool {
      if case .end? = directives.last { true } else { false }
    }
    var early = ManagerSession(.init(sessionID: 1))
    #expect(ends(early.handle(.received(.ack(Ack(nonce: 1))))))
    #expect(early.handle(.changed(["a"])).isEmpty)
    var skewed = ManagerSession(.init(sessionID: 1))
    #expect(ends(skewed.handle(.received(.hello(Hello(protocolMin: 9, protocolMax: 12))))))
    var live = liveManager()
    #expect(ends(live.handle(.received(.ack(Ack(nonce: 77))))))
    live = liveManager()
    for seq in 1...8 { #expect(!ends(live.handle(.received(.status(StatusReport(seq: UInt64(seq))))))) }
    #expect(ends(live.handle(.received(.status(StatusReport(seq: 9))))))
  }

  private func liveManager() -> ManagerSession {
    var manager = ManagerSession(.init(sessionID: 1))
    let hash = DeliveryHash.inventory([:])
    _ = manager.handle(.received(.hello(Hello(protocolMin: 1, protocolMax: 1, inventoryHash: hash))))
    _ = manager.handle(.loadedAll([], revision: 1, statusHash: nil))
    return manager
  }
}
