/// The manager's side of one agent's Delivery session: a state machine without I/O, clock or randomness.
///
/// Events go in, directives come out; the shell performs them in order and feeds back what they bring. What the agent should
/// hold is never queued here: a change costs one entry in a set of dirty ids, and is read from the store when the agent has room
/// for it. One `Desired` is under way at a time, so a slow agent gets the latest state late, not every state in turn.
///
/// A shell:
/// 1. subscribes to the store, makes the session, and forwards `received` and `changed`;
/// 2. answers `loadAll` with `loadedAll`, `load` with `loaded`, and `commitStatus`, in order, with `statusCommitted` once the
///    statuses are durable;
/// 3. ends the stream on `end`, and throws the session away when the stream ends. A new stream is a new session.
public struct ManagerSession: Sendable {
  /// What a session begins with.
  public struct Configuration: Sendable {
    /// Fences older sessions of the same agent: greater than that of every session before.
    public var sessionID: UInt64
    /// The heartbeat that the agent is told.
    public var heartbeatInterval: Duration
    /// Versions that the agent refused in earlier sessions, by deployment id. They are not sent again.
    public var refused: [String: String]
    /// The most deployments in one `Desired`.
    public var itemsPerDesired: Int
    /// Names the history that the store's revisions belong to.
    public var lineage: String
    /// When the store is not the one that the agent last followed: the share of what the agent holds, in percent, that may
    /// be removed without a person's word. 100 holds nothing back.
    public var unconfirmedRemovals: Int

    /// Makes a configuration.
    public init(
      sessionID: UInt64, heartbeatInterval: Duration = .seconds(30), refused: [String: String] = [:],
      itemsPerDesired: Int = WireLimits.itemsPerDesired, lineage: String = "", unconfirmedRemovals: Int = 100
    ) {
      self.sessionID = sessionID
      self.heartbeatInterval = heartbeatInterval
      self.refused = refused
      self.itemsPerDesired = max(1, itemsPerDesired)
      self.lineage = lineage
      self.unconfirmedRemovals = unconfirmedRemovals
    }
  }

  /// What happened.
  public enum Event: Sendable, Hashable {
    /// The agent said something.
    case received(AgentMessage)
    /// These deployments of this agent were made, changed or removed in the store, or may have been.
    case changed(Set<String>)
    /// The answer to `loadAll`: everything the agent should hold at `revision`, and `DeliveryHash.statuses` of the statuses
    /// that are stored of it (nil: not compared).
    case loadedAll([DeploymentItem], revision: UInt64, statusHash: [UInt8]?)
    /// The answer to `load`: those of the asked deployments that exist at `revision`.
    case loaded([DeploymentItem], revision: UInt64)
    /// The statuses of this report are durable.
    case statusCommitted(seq: UInt64)
    /// Before `loadedAll`: what the agent last followed is not a part of this store's history, which was restored or emptied.
    case storeIsAnother
    /// A person has confirmed the removals that are held back, also those that will be.
    case removalsConfirmed
  }

  /// What the shell is to do.
  public enum Directive: Sendable, Hashable {
    /// Note who the agent says it is.
    case recordHello(Hello)
    /// Send a message on the stream.
    case send(ManagerMessage)
    /// Read everything the agent should hold.
    case loadAll
    /// Read these deployments.
    case load([String])
    /// Store these statuses durably.
    case commitStatus(seq: UInt64, [DeploymentStatus])
    /// The agent holds exactly these now (deployment id to version); note what of it was not known, for instance because an
    /// `Ack` was lost.
    case recordInventory([String: String])
    /// Note that the agent holds these versions durably, and no longer the removed ones.
    case recordAck(set: [InventoryItem], removed: [String], revision: UInt64)
    /// Note that the agent refused these versions, and show why.
    case recordNack(code: StatusCode, message: String, items: [NackItem])
    /// The refusal of a deployment's version counts no more: another version is wanted, or none. Where `isGone`, the agent holds
    /// none either, and will say nothing more of it.
    case recordRefusalOver(id: String, isGone: Bool)
    /// The agent holds everything it should at this revision.
    case recordComplete(revision: UInt64)
    /// Show that these are not removed before somebody confirms it, and how many the agent has; none when that is over.
    case recordHeld([String], of: Int)
    /// End the stream with this error.
    case end(RPCError.Ending)
  }

  private enum Phase {
    case waitingForHello
    case loadingAll(Hello)
    case waitingForInventory(wanted: [String: String])
    case live
    case over
  }

  private struct Flight {
    let nonce: UInt64
    let revision: UInt64
    let set: [String: String]
    let removed: [String]
    let complete: Bool
  }

  /// Reports that an agent may send before the first is committed.
  private static let commitsMax = 8

  private let configuration: Configuration
  private var phase = Phase.waitingForHello
  private var dirty: Set<String> = []
  private var loading: [String]?
  private var flight: Flight?
  /// What the agent holds durably, as far as this session knows.
  private var held: [String: String] = [:]
  private var refused: [String: String]
  private var nonce: UInt64 = 0
  private var revision: UInt64 = 0
  /// The agent was not told yet that it holds everything.
  private var owesComplete = false
  private var isAnotherStore = false
  private var isConfirmed = false
  /// What the agent holds and should not, and is not told to remove.
  private var withheld: Set<String> = []
  private var lastReport: UInt64 = 0
  private var committedReport: UInt64 = 0
  private var commitsUnderWay = 0

  /// A session that waits for the agent's `Hello`.
  public init(_ configuration: Configuration) {
    self.configuration = configuration
    refused = configuration.refused
  }

  /// Whether the agent holds everything it should, as far as this session was told.
  public var isSynchronized: Bool {
    guard case .live = phase else { return false }
    return dirty.isEmpty && loading == nil && flight == nil && !owesComplete && withheld.isEmpty
  }

  /// The version of a deployment that the agent holds durably, as far as this session knows.
  public func heldVersion(of id: String) -> String? { held[id] }

  /// The version of a deployment that the agent refused, and will not be sent again.
  public func refusedVersion(of id: String) -> String? { refused[id] }

  /// Takes an event in; returns what is to be done for it, in order.
  public mutating func handle(_ event: Event) -> [Directive] {
    if case .over = phase { return [] }
    switch event {
    case .received(let message): return receive(message)
    case .changed(let ids):
      dirty.formUnion(ids)
      return pump()
    case .loadedAll(let items, let revision, let statusHash): return loadedAll(items, revision, statusHash)
    case .loaded(let items, let revision): return loaded(items, revision)
    case .statusCommitted(let seq):
      committedReport = max(committedReport, seq)
      commitsUnderWay -= 1
      return [.send(.statusAck(StatusAck(seq: committedReport)))]
    case .storeIsAnother:
      isAnotherStore = true
      return []
    case .removalsConfirmed: return confirm()
    }
  }

  private mutating func confirm() -> [Directive] {
    isConfirmed = true
    dirty.formUnion(withheld)
    withheld = []
    guard case .live = phase else { return [] }
    return [.send(.confirmRemovals(ConfirmRemovals())), .recordHeld([], of: held.count)] + pump()
  }

  private mutating func end(_ code: StatusCode, _ message: String) -> [Directive] {
    phase = .over
    return [.end(RPCError.Ending(code: code, message: message))]
  }

  private mutating func receive(_ message: AgentMessage) -> [Directive] {
    switch (phase, message) {
    case (_, .unrecognized): return []
    case (.waitingForHello, .hello(let hello)):
      guard DeliveryProtocol.common((hello.protocolMin, hello.protocolMax)) != nil else {
        let here = "\(DeliveryProtocol.minimum) to \(DeliveryProtocol.maximum)"
        let there = "\(hello.protocolMin) to \(hello.protocolMax)"
        return end(
          .failedPrecondition, "no common Delivery version: manager \(here), agent \(there); upgrade the older")
      }
      phase = .loadingAll(hello)
      return [.recordHello(hello), .loadAll]
    case (.waitingForInventory(let wanted), .inventory(let inventory)): return compare(inventory, with: wanted)
    case (.live, .ack(let ack)): return acknowledged(ack.nonce)
    case (.live, .nack(let nack)): return refused(nack)
    case (.live, .status(let report)), (.waitingForInventory, .status(let report)): return reported(report)
    case (_, .heldRemovals(let removals)):
      let confirmation: [Directive] = isConfirmed ? [.send(.confirmRemovals(ConfirmRemovals()))] : []
      return confirmation + [.recordHeld(removals.ids, of: Int(removals.of))]
    default: return end(.invalidArgument, "the agent sent a message that has no place here")
    }
  }

  private mutating func loadedAll(
    _ items: [DeploymentItem], _ revision: UInt64, _ statusHash: [UInt8]?
  ) -> [Directive] {
    guard case .loadingAll(let hello) = phase else { return [] }
    let wanted = Dictionary(items.map { ($0.id, $0.version) }) { _, last in last }
    let isEqual = DeliveryHash.inventory(wanted) == hello.inventoryHash
    // Refusals of what is not wanted any more are to be found out about.
    for (id, version) in refused where wanted[id] != version { dirty.insert(id) }
    self.revision = max(self.revision, revision)
    let welcome = Welcome(
      sessionId: configuration.sessionID, protocol: DeliveryProtocol.maximum,
      heartbeatIntervalMs: configuration.heartbeatInterval.wholeMilliseconds, resume: isEqual, revision: self.revision,
      reportAll: statusHash.map { $0 != hello.statusHash } ?? false, lineage: configuration.lineage)
    guard isEqual else {
      phase = .waitingForInventory(wanted: wanted)
      return [.send(.welcome(welcome)), .send(.inventoryRequest(InventoryRequest()))]
    }
    phase = .live
    held = wanted
    return [
      .send(.welcome(welcome)), .recordInventory(held), .recordHeld([], of: held.count),
      .recordComplete(revision: self.revision),
    ] + pump()
  }

  private mutating func compare(_ inventory: Inventory, with wanted: [String: String]) -> [Directive] {
    held = Dictionary(inventory.items.map { ($0.id, $0.version) }) { _, last in last }
    for (id, version) in wanted where held[id] != version { dirty.insert(id) }
    let extra = Set(held.keys.filter { wanted[$0] == nil })
    let isMuch = extra.count * 100 > held.count * configuration.unconfirmedRemovals
    if isAnotherStore, isMuch, !isConfirmed { withheld = extra } else { dirty.formUnion(extra) }
    owesComplete = true
    phase = .live
    return [.recordInventory(held), .recordHeld(withheld.sorted(), of: held.count)] + pump()
  }

  /// Begins the next `Desired` where there is something to say and nothing under way.
  private mutating func pump() -> [Directive] {
    guard case .live = phase, loading == nil, flight == nil else { return [] }
    guard !dirty.isEmpty else {
      guard owesComplete, withheld.isEmpty else { return [] }
      return send(set: [], removed: [])
    }
    let ids = Array(dirty.sorted().prefix(configuration.itemsPerDesired))
    dirty.subtract(ids)
    loading = ids
    return [.load(ids)]
  }

  private mutating func loaded(_ items: [DeploymentItem], _ revision: UInt64) -> [Directive] {
    guard let asked = loading else { return [] }
    loading = nil
    self.revision = max(self.revision, revision)
    let found = Dictionary(items.map { ($0.id, $0) }) { _, last in last }
    var set: [DeploymentItem] = []
    var removed: [String] = []
    let heldBack = withheld.count
    var news: [Directive] = []
    for id in asked {
      if let bad = refused[id], found[id]?.version != bad {
        refused[id] = nil
        news.append(.recordRefusalOver(id: id, isGone: found[id] == nil && held[id] == nil))
      }
      if let item = found[id] {
        withheld.remove(id)
        if held[id] != item.version, refused[id] != item.version { set.append(item) }
      } else if held[id] != nil, !withheld.contains(id) {
        removed.append(id)
      }
    }
    if withheld.count != heldBack { news.append(.recordHeld(withheld.sorted(), of: held.count)) }
    if set.isEmpty, removed.isEmpty { return news + pump() }
    return news + send(set: set, removed: removed)
  }

  private mutating func send(set: [DeploymentItem], removed: [String]) -> [Directive] {
    nonce += 1
    let complete = dirty.isEmpty && withheld.isEmpty
    flight = Flight(
      nonce: nonce, revision: revision, set: Dictionary(uniqueKeysWithValues: set.map { ($0.id, $0.version) }),
      removed: removed, complete: complete)
    owesComplete = !complete
    let desired = Desired(nonce: nonce, revision: revision, set: set, removed: removed, complete: complete)
    return [.send(.desired(desired))]
  }

  private mutating func acknowledged(_ nonce: UInt64) -> [Directive] {
    guard let flight, flight.nonce == nonce else { return wrongNonce(nonce) }
    return settle(flight, refused: [:])
  }

  private mutating func refused(_ nack: Nack) -> [Directive] {
    guard let flight, flight.nonce == nack.nonce else { return wrongNonce(nack.nonce) }
    // An item that was not sent, or in another version, says nothing.
    var items = nack.items.filter { flight.set[$0.id] == $0.version }
    if nack.items.isEmpty {
      items = flight.set.sorted { $0.key < $1.key }.map {
        NackItem(id: $0.key, version: $0.value, message: nack.message)
      }
    }
    for item in items { refused[item.id] = item.version }
    let code = StatusCode(rawValue: nack.code) ?? .unknown
    let bad = Dictionary(items.map { ($0.id, $0.version) }) { _, last in last }
    return [.recordNack(code: code, message: nack.message, items: items)]
      + settle(flight, refused: bad, removals: !nack.items.isEmpty)
  }

  /// Notes what the agent now holds, and goes on.
  private mutating func settle(
    _ flight: Flight, refused bad: [String: String], removals: Bool = true
  ) -> [Directive] {
    self.flight = nil
    let accepted = flight.set.filter { bad[$0.key] == nil }
    for (id, version) in accepted { held[id] = version }
    let removed = removals ? flight.removed : []
    for id in removed { held[id] = nil }
    var directives: [Directive] = []
    if !accepted.isEmpty || !removed.isEmpty {
      let set = accepted.sorted { $0.key < $1.key }.map { InventoryItem(id: $0.key, version: $0.value) }
      directives.append(.recordAck(set: set, removed: removed, revision: flight.revision))
    }
    if flight.complete { directives.append(.recordComplete(revision: flight.revision)) }
    return directives + pump()
  }

  private mutating func wrongNonce(_ nonce: UInt64) -> [Directive] {
    if nonce <= self.nonce { return [] }
    return end(.invalidArgument, "the agent answered Desired \(nonce), which was not sent")
  }

  private mutating func reported(_ report: StatusReport) -> [Directive] {
    guard report.statuses.count <= WireLimits.statusesPerReport else {
      return end(.resourceExhausted, "a report may hold \(WireLimits.statusesPerReport) statuses")
    }
    guard report.seq > lastReport else {
      return report.seq <= committedReport ? [.send(.statusAck(StatusAck(seq: committedReport)))] : []
    }
    guard commitsUnderWay < Self.commitsMax else {
      return end(.resourceExhausted, "\(Self.commitsMax) reports are not committed yet; wait for StatusAck")
    }
    lastReport = report.seq
    commitsUnderWay += 1
    return [.commitStatus(seq: report.seq, report.statuses)]
  }
}
