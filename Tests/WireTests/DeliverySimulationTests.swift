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
      "failed persists", "removals", "half-open connections", "repetitions", "refusals over",
    ] {
      #expect(counts[what, default: 0] >= schedules / 20, "\(what) in \(schedules) schedules")
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
    #expect(answer.count == 4)
    #expect(agent.handle(.received(.welcome(welcome))) == [.welcomed(welcome), .complete(revision: 9)])
    // A dirty bit without a change sends nothing either.
    #expect(manager.handle(.changed(["d1"])) == [.load(["d1"])])
    #expect(manager.handle(.loaded([items[1]], revision: 10)) == [])
  }

  /// A session with an agent that holds five deployments, after `wanted` of them were read from the store.
  private func session(wanted: Int, percent: Int = 25, isAnotherStore: Bool) -> (
    ManagerSession, [ManagerSession.Directive]
  ) {
    var manager = ManagerSession(.init(sessionID: 1, lineage: "new", unconfirmedRemovals: percent))
    let items = (0..<5).map { DeploymentItem(id: "d\($0)", version: "v") }
    _ = manager.handle(.received(.hello(Hello(protocolMin: 1, protocolMax: 1, lineage: "old"))))
    if isAnotherStore { _ = manager.handle(.storeIsAnother) }
    _ = manager.handle(.loadedAll(Array(items.prefix(wanted)), revision: 2, statusHash: nil))
    let inventory = Inventory(items: items.map { InventoryItem(id: $0.id, version: $0.version) })
    let answer = manager.handle(.received(.inventory(inventory)))
    return (manager, answer)
  }

  @Test(
    "a restored store removes no more than its share until somebody confirms it, and never says that it is complete")
  func heldRemovals() {
    for (wanted, percent, isAnother) in [(0, 25, false), (4, 25, true), (0, 100, true)] {
      let (_, answer) = session(wanted: wanted, percent: percent, isAnotherStore: isAnother)
      #expect(answer.contains(.recordHeld([], of: 5)))
      #expect(answer.last == .load((wanted..<5).map { "d\($0)" }), "\(wanted) of 5 are wanted")
    }
    var (manager, answer) = session(wanted: 3, isAnotherStore: true)
    #expect(Array(answer.dropFirst()) == [.recordHeld(["d3", "d4"], of: 5)])
    #expect(!manager.isSynchronized)
    // One comes back, as another version; the other is deleted, which the restored store would have said anyway.
    #expect(manager.handle(.changed(["d3", "d4"])) == [.load(["d3", "d4"])])
    answer = manager.handle(.loaded([DeploymentItem(id: "d3", version: "w")], revision: 3))
    guard case .send(.desired(let desired))? = answer.last else { return #expect(Bool(false), "no Desired") }
    #expect(answer.first == .recordHeld(["d4"], of: 5))
    #expect(desired.removed.isEmpty && !desired.complete && desired.set.map(\.id) == ["d3"])
    #expect(!manager.handle(.received(.ack(Ack(nonce: 1)))).contains(.recordComplete(revision: 3)))
    answer = manager.handle(.removalsConfirmed)
    #expect(answer == [.send(.confirmRemovals(ConfirmRemovals())), .recordHeld([], of: 5), .load(["d4"])])
    answer = manager.handle(.loaded([], revision: 3))
    #expect(answer == [.send(.desired(Desired(nonce: 2, revision: 3, removed: ["d4"], complete: true)))])
    #expect(manager.handle(.received(.ack(Ack(nonce: 2)))).contains(.recordComplete(revision: 3)))
  }

  @Test("an agent names the history that it last completed, not the one that it is offered")
  func lineage() {
    var agent = AgentSession(.init(bootID: "b"), .init(held: ["a": "1"], lastRevision: 3, lineage: "old"))
    for isComplete in [false, true] {
      guard case .send(.hello(let hello))? = agent.handle(.connected).last else {
        return #expect(Bool(false), "no Hello")
      }
      #expect(hello.lineage == "old" && hello.lastRevision == 3)
      _ = agent.handle(.received(.welcome(Welcome(sessionId: 1, protocol: 1, revision: 4, lineage: "new"))))
      _ = agent.handle(.received(.desired(Desired(nonce: 1, revision: 4, complete: isComplete))))
      _ = agent.handle(.persisted(refused: []))
      _ = agent.handle(.disconnected)
    }
    #expect(agent.lineage == "new" && agent.lastRevision == 4)
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
