@testable import Wire

/// One schedule of a manager and an agent over links that lose everything at any moment, with crashes of both. Durable state
/// survives; everything else is gone. All choices come from the seed.
///
/// Events of the store come late, twice and out of order; so do answers of the agent and acknowledgements of statuses. A side may
/// learn of a lost connection long after the other, and goes on working meanwhile. Each queue has a pace of its own, so
/// that in some schedules a side is slow.
final class DeliverySimulation {
  struct Violation: Error, CustomStringConvertible {
    let seed: UInt64
    let step: Int
    let message: String
    var description: String {
      "seed \(seed), step \(step): \(message)\nreproduce: FLOTILLA_SIMULATION_SEED=\(seed) swift test --filter DeliverySimulationTests"
    }
  }

  // What is durable on the manager.
  private struct ManagerDisk {
    var items: [String: DeploymentItem] = [:]
    var revision: UInt64 = 1
    var statuses: [String: [UInt8]] = [:]
    var refused: [String: String] = [:]
    var lastSession: UInt64 = 0
    var acknowledged: [String: String] = [:]
  }

  // What is durable on the agent.
  private struct AgentDisk {
    var state = AgentSession.Durable()
    var items: [String: DeploymentItem] = [:]
  }

  private enum Work {
    case loadAll
    case load([String])
    case commit(UInt64, [DeploymentStatus])
  }

  let seed: UInt64
  private var random: SplitMix
  private var step = 0
  private var managerDisk = ManagerDisk()
  private var agentDisk = AgentDisk()
  private var manager: ManagerSession?
  private var agent: AgentSession
  private var managerWork: [Work] = []
  private var agentWork: [Desired] = []
  private var up: [AgentMessage] = []
  private var down: [ManagerMessage] = []
  private var isConnected = false
  /// Changes in the store that the manager's session was not told of yet.
  private var watch: [Set<String>] = []
  /// Out of so many chances each queue takes one: the manager's and the agent's work, and the two directions.
  private let paces: [UInt64]
  /// One fault of so many happens: half of the schedules get far enough between two faults to have much to lose.
  private let rarity: UInt64
  /// What the cluster runs, and the status of each.
  private var cluster: [String: String] = [:]
  private var versions = 0
  private var durableNonces: Set<UInt64> = []
  private var acceptedRevision: UInt64 = 0
  private var lastSession: UInt64 = 0
  private var faults = true
  private let itemsPerDesired: Int

  /// What happened over the whole schedule, to know that schedules are worth something.
  private(set) var counts: [String: Int] = [:]

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix(seed: seed)
    agent = AgentSession(.init(bootID: "boot"), .init())
    itemsPerDesired = Int(random.next() % 4) + 1
    rarity = random.next() % 2 == 0 ? 1 : 6
    var paces: [UInt64] = []
    for _ in 0..<4 { paces.append(random.next() % 4 == 0 ? 12 : 1) }
    self.paces = paces
  }

  func run(steps: Int) throws {
    for _ in 0..<steps { try advance() }
    faults = false
    // Without faults everything must come to rest, and agree.
    // Looked at now and then: looking costs more than a step.
    for step in 0..<20_000 {
      if step % 64 == 0, isAtRest { break }
      try advance()
    }
    try check(isAtRest, "did not come to rest: \(String(describing: manager)) \(agent)")
    let wanted = managerDisk.items.filter { !isBad($0.value.version) }
    for (id, item) in wanted {
      try check(agentDisk.state.held[id] == item.version, "the agent lacks \(id) \(item.version)")
    }
    for id in agentDisk.state.held.keys { try check(managerDisk.items[id] != nil, "the agent still holds \(id)") }
    for (id, item) in managerDisk.items where isBad(item.version) {
      try check(managerDisk.refused[id] == item.version, "the refusal of \(id) \(item.version) is not known")
      try check(agentDisk.state.held[id] != item.version, "the agent holds the refused \(id)")
    }
    for (id, version) in managerDisk.refused {
      try check(managerDisk.items[id]?.version == version, "the refusal of \(id) \(version) outlives the wish for it")
    }
    for (id, version) in cluster {
      try check(managerDisk.statuses[id] == status(id, version), "the status of \(id) \(version) is lost")
    }
    try check(agentDisk.state.held == managerDisk.acknowledged, "the manager's record of the agent differs")
  }

  private var isAtRest: Bool {
    isConnected && manager?.isSynchronized == true && watch.isEmpty && up.isEmpty && down.isEmpty && managerWork.isEmpty
      && agentWork.isEmpty && !agent.hasUnacknowledgedStatuses && cluster == agentDisk.state.held
  }

  private func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw Violation(seed: seed, step: step, message: message()) }
  }

  private func count(_ what: String) { counts[what, default: 0] += 1 }

  /// Versions that the agent's cluster can never take.
  private func isBad(_ version: String) -> Bool { version.hasSuffix("7") || version.hasSuffix("3") }

  private func status(_ id: String, _ version: String) -> [UInt8] { Array("\(id)=\(version)".utf8) }

  // One step.

  private func advance() throws {
    step += 1
    let choice = random.next() % 100
    if faults {
      if choice < 8 { return try changeDesired() }
      switch random.next() % rarity == 0 ? choice : 100 {
      case 8..<10: return disconnect()
      case 10: return crashManager()
      case 11: return crashAgent()
      case 12: return loseForAgent()
      case 13: return loseForManager()
      case 14: return try repeatSomething()
      default: break
      }
    }
    // A side that has not noticed goes on for a while.
    if !isConnected, !faults || random.next() % 4 == 0 { return try connect() }
    switch random.next() % 7 {
    case 0 where !up.isEmpty && takesTurn(2): try deliverUp()
    case 1 where !down.isEmpty && takesTurn(3): try deliverDown()
    case 2 where !managerWork.isEmpty && takesTurn(0): try workOnManager()
    case 3 where !agentWork.isEmpty && takesTurn(1): try workOnAgent()
    case 4: try applyOne()
    case 5 where !watch.isEmpty: try tellChange()
    default: break
    }
  }

  private func takesTurn(_ queue: Int) -> Bool { paces[queue] == 1 || random.next() % paces[queue] == 0 }

  /// The manager's session hears of a change: the oldest, or any.
  private func tellChange() throws {
    let index = random.next() % 3 == 0 ? Int(random.next() % UInt64(watch.count)) : 0
    let ids = watch.remove(at: index)
    try perform(manager?.handle(.changed(ids)) ?? [])
  }

  /// Something comes twice: a change, an answer, or the acknowledgement of statuses.
  private func repeatSomething() throws {
    switch random.next() % 3 {
    case 0:
      if let ids = watch.last { watch.append(ids) }
      // The store's history was lost: anything may have changed.
      if random.next() % 4 == 0 { watch = [Set((0..<6).map { "d\($0)" })] }
    case 1:
      switch up.last {
      case .ack, .nack, .status: up.append(up[up.count - 1])
      default: return
      }
    default:
      guard case .statusAck? = down.last else { return }
      down.append(down[down.count - 1])
    }
    count("repetitions")
  }

  private func changeDesired() throws {
    let id = "d\(random.next() % 6)"
    managerDisk.revision += 1
    if random.next() % 4 == 0 {
      if managerDisk.items.removeValue(forKey: id) != nil { count("removals") }
    } else {
      versions += 1
      managerDisk.items[id] = DeploymentItem(id: id, version: "v\(versions)", contentDigest: "c", optionsDigest: "o")
    }
    count("changes")
    watch.append([id])
  }

  private func connect() throws {
    // The older session of the agent has ended before the new one begins: its late work counts no more.
    disconnect()
    isConnected = true
    count("connections")
    managerDisk.lastSession += 1
    durableNonces = []
    acceptedRevision = 0
    manager = ManagerSession(
      .init(
        sessionID: managerDisk.lastSession, refused: managerDisk.refused, itemsPerDesired: itemsPerDesired))
    try perform(agent.handle(.connected))
  }

  private func disconnect() {
    loseForAgent()
    loseForManager()
  }

  /// The agent knows that the connection is gone. What it has sent may still arrive, and the manager works on.
  private func loseForAgent() {
    if isConnected, manager != nil { count("half-open connections") }
    isConnected = false
    down = []
    _ = agent.handle(.disconnected)
  }

  /// The manager knows that the connection is gone; the agent may go on sending into the void until it connects again.
  private func loseForManager() {
    isConnected = false
    up = []
    manager = nil
    managerWork = []
  }

  private func crashManager() {
    count("manager crashes")
    watch = []
    loseForManager()
  }

  private func crashAgent() {
    count("agent crashes")
    loseForAgent()
    agentWork = []
    agent = AgentSession(.init(bootID: "boot-\(step)"), agentDisk.state)
    // After a restart it says what it runs.
    for (id, version) in cluster.sorted(by: { $0.key < $1.key }) {
      _ = agent.handle(.status(DeploymentStatus(id: id, version: version, status: status(id, version))))
    }
  }

  private func deliverUp() throws {
    let message = up.removeFirst()
    guard manager != nil else { return }
    try perform(manager?.handle(.received(message)) ?? [])
  }

  private func deliverDown() throws {
    let message = down.removeFirst()
    if case .desired(let desired) = message {
      try check(desired.revision >= acceptedRevision, "revision \(desired.revision) after \(acceptedRevision)")
      acceptedRevision = desired.revision
      count("desired")
    }
    try perform(agent.handle(.received(message)))
  }

  private func workOnManager() throws {
    switch managerWork.removeFirst() {
    case .loadAll:
      let items = managerDisk.items.values.sorted { $0.id < $1.id }
      let hashes = managerDisk.statuses.mapValues { DeliveryHash.status($0) }
      let event = ManagerSession.Event.loadedAll(
        items, revision: managerDisk.revision, statusHash: DeliveryHash.statuses(hashes))
      try perform(manager?.handle(event) ?? [])
    case .load(let ids):
      let items = ids.compactMap { managerDisk.items[$0] }
      try perform(manager?.handle(.loaded(items, revision: managerDisk.revision)) ?? [])
    case .commit(let seq, let statuses):
      for status in statuses { managerDisk.statuses[status.id] = status.status.isEmpty ? nil : status.status }
      try perform(manager?.handle(.statusCommitted(seq: seq)) ?? [])
    }
  }

  private func workOnAgent() throws {
    if faults, random.next() % 20 == 0 {
      agentWork.removeFirst()
      count("failed persists")
      return try perform(agent.handle(.persistFailed(message: "no space left")))
    }
    let desired = agentWork.removeFirst()
    var refused: [NackItem] = []
    for item in desired.set {
      if isBad(item.version) {
        refused.append(NackItem(id: item.id, version: item.version, message: "bad"))
      } else {
        agentDisk.items[item.id] = item
        agentDisk.state.held[item.id] = item.version
      }
    }
    for id in desired.removed {
      agentDisk.items[id] = nil
      agentDisk.state.held[id] = nil
    }
    durableNonces.insert(desired.nonce)
    try perform(agent.handle(.persisted(refused: refused)))
  }

  /// Brings one deployment of the cluster to what is held, and says so.
  private func applyOne() throws {
    for id in Set(cluster.keys).union(agentDisk.state.held.keys).sorted() where cluster[id] != agentDisk.state.held[id]
    {
      let version = agentDisk.state.held[id]
      cluster[id] = version
      let bytes = version.map { status(id, $0) } ?? []
      return try perform(agent.handle(.status(DeploymentStatus(id: id, version: version ?? "", status: bytes))))
    }
  }

  // Directives.

  private func perform(_ directives: [ManagerSession.Directive]) throws {
    for directive in directives {
      switch directive {
      case .send(let message):
        if case .desired(let desired) = message {
          for item in desired.set {
            try check(
              managerDisk.refused[item.id] != item.version, "the refused \(item.id) \(item.version) is sent again")
          }
        }
        down.append(message)
      case .loadAll: managerWork.append(.loadAll)
      case .load(let ids): managerWork.append(.load(ids))
      case .commitStatus(let seq, let statuses): managerWork.append(.commit(seq, statuses))
      case .recordInventory(let held): managerDisk.acknowledged = held
      case .recordAck(let set, let removed, _):
        for item in set { managerDisk.acknowledged[item.id] = item.version }
        for id in removed { managerDisk.acknowledged[id] = nil }
      case .recordNack(_, _, let items):
        count("nacks")
        for item in items { managerDisk.refused[item.id] = item.version }
      case .recordRefusalOver(let id, _):
        count("refusals over")
        managerDisk.refused[id] = nil
      case .recordHello, .recordComplete, .recordHeld: break
      case .end(let ending): try check(false, "the manager ended the session: \(ending.message)")
      }
    }
  }

  private func perform(_ directives: [AgentSession.Directive]) throws {
    for directive in directives {
      switch directive {
      case .send(let message):
        switch message {
        case .ack(let ack): try check(durableNonces.contains(ack.nonce), "Ack \(ack.nonce) before it is durable")
        case .nack(let nack): try check(durableNonces.contains(nack.nonce), "Nack \(nack.nonce) before it is durable")
        case .status: count("reports")
        default: break
        }
        up.append(message)
      case .persist(let desired): agentWork.append(desired)
      case .complete(let revision):
        try check(
          revision >= agentDisk.state.lastRevision, "complete at \(revision) after \(agentDisk.state.lastRevision)")
        agentDisk.state.lastRevision = revision
      case .welcomed(let welcome):
        try check(welcome.sessionId > lastSession, "session \(welcome.sessionId) after \(lastSession)")
        lastSession = welcome.sessionId
      case .statusesAcknowledged(let hashes):
        // Kept at leisure: sometimes it is lost.
        if random.next() % 3 > 0 {
          for (id, hash) in hashes { agentDisk.state.acknowledgedStatuses[id] = hash }
        }
      case .reportAll:
        count("full reports")
        for (id, version) in cluster.sorted(by: { $0.key < $1.key }) {
          let again = DeploymentStatus(id: id, version: version, status: status(id, version))
          try perform(agent.handle(.status(again)))
        }
      case .end(let ending):
        try check(ending.code == .unavailable, "the agent ended the session: \(ending.message)")
        disconnect()
      case .apply, .removalsConfirmed: break
      case .statusTooLong(let id, _): try check(false, "the status of \(id) is called too long")
      }
    }
  }
}
