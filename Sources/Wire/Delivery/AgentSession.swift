/// The agent's side of Delivery, over all its connections: a state machine without I/O, clock or randomness.
///
/// It is made once when the agent starts, from what the agent holds durably, and is told of every connection. Directives are
/// performed in order. Desired state is acknowledged only after the shell said that it is durable; of statuses only the last
/// value of each deployment is kept until the manager acknowledged it.
public struct AgentSession: Sendable {
  /// Who the agent is.
  public struct Identity: Sendable, Hashable {
    /// Made anew at every start of the agent.
    public var bootID: String
    /// The agent's version.
    public var agentVersion: String
    /// The version of the cluster's API server.
    public var kubernetesVersion: String
    /// Where the agent runs in its cluster.
    public var agentNamespace: String
    /// Optional features.
    public var capabilities: [String]

    /// Makes an identity.
    public init(
      bootID: String, agentVersion: String = "", kubernetesVersion: String = "", agentNamespace: String = "",
      capabilities: [String] = []
    ) {
      self.bootID = bootID
      self.agentVersion = agentVersion
      self.kubernetesVersion = kubernetesVersion
      self.agentNamespace = agentNamespace
      self.capabilities = capabilities
    }
  }

  /// What the agent holds durably when it starts.
  public struct Durable: Sendable, Hashable {
    /// Deployment id to version: the last good ones.
    public var held: [String: String]
    /// The revision of the last complete desired state.
    public var lastRevision: UInt64
    /// ``Welcome/lineage`` that goes with ``lastRevision``.
    public var lineage: String
    /// Deployment id to `DeliveryHash.status` of what the manager acknowledged. May be older than the truth, or empty: what is
    /// not known here is reported again.
    public var acknowledgedStatuses: [String: String]

    /// Makes a state.
    public init(
      held: [String: String] = [:], lastRevision: UInt64 = 0, lineage: String = "",
      acknowledgedStatuses: [String: String] = [:]
    ) {
      self.held = held
      self.lastRevision = lastRevision
      self.lineage = lineage
      self.acknowledgedStatuses = acknowledgedStatuses
    }
  }

  /// What happened.
  public enum Event: Sendable, Hashable {
    /// A Delivery stream is open.
    case connected
    /// The stream is over.
    case disconnected
    /// The manager said something.
    case received(ManagerMessage)
    /// The oldest `persist` under way is durable, but for the items refused: those keep their last good version.
    case persisted(refused: [NackItem])
    /// The oldest `persist` under way failed (no room, an I/O error); nothing of it is durable. The stream is ended, and what is
    /// missing comes again on the next one.
    case persistFailed(message: String)
    /// The status of a deployment; empty bytes: it is gone.
    case status(DeploymentStatus)
    /// Releases of the agent's own that belong to no deployment and wait for a person's word; none when that is over.
    case holds(HeldRemovals)
  }

  /// What the shell is to do.
  public enum Directive: Sendable, Hashable {
    /// Send a message on the stream.
    case send(AgentMessage)
    /// Make this durable as a whole, then say `persisted` or `persistFailed`. `persist`s are done one after another.
    case persist(Desired)
    /// Bring the cluster to these, which are durable.
    case apply(set: [DeploymentItem], removed: [String])
    /// The session is open.
    case welcomed(Welcome)
    /// The agent holds everything it should at this revision; to be kept durably as `Durable.lastRevision`, with
    /// ``AgentSession/lineage``, at leisure.
    case complete(revision: UInt64)
    /// A person has confirmed the removals that were said to be held.
    case removalsConfirmed
    /// The manager holds these: deployment id to hash, nil for one that is gone. To be kept as
    /// `Durable.acknowledgedStatuses` at leisure.
    case statusesAcknowledged([String: String?])
    /// Say the status of every deployment again.
    case reportAll
    /// This status is too long for the bus and was dropped; log it.
    case statusTooLong(id: String, bytes: Int)
    /// End the stream with this error and connect again.
    case end(RPCError.Ending)
  }

  private enum Phase {
    case offline
    /// Connected, with desired state of the last connection not yet durable: what the agent holds is not certain.
    case settling
    case waitingForWelcome
    case live
  }

  private static let persistsMax = 16
  private static let statusBytesMax = WireLimits.payloadBytes - (16 << 10)

  private let identity: Identity
  private var phase = Phase.offline
  /// Desired states that are being made durable, oldest first, with the connection they came over.
  private var persisting: [(desired: Desired, connection: UInt64)] = []
  private var connection: UInt64 = 0
  private var revision: UInt64 = 0
  private var nonce: UInt64 = 0
  private var statuses: StatusOutbox
  /// What is durable.
  public private(set) var held: [String: String]
  /// The revision of the last complete desired state.
  public private(set) var lastRevision: UInt64
  /// The manager's history that ``lastRevision`` belongs to; empty before the first.
  public private(set) var lineage: String
  /// The history of the manager that is connected.
  private var offeredLineage = ""
  private var heldRemovals = HeldRemovals()

  /// A session that is not connected.
  public init(_ identity: Identity, _ durable: Durable) {
    self.identity = identity
    held = durable.held
    lastRevision = durable.lastRevision
    lineage = durable.lineage
    statuses = StatusOutbox(acknowledged: durable.acknowledgedStatuses)
  }

  /// Whether every status was acknowledged.
  public var hasUnacknowledgedStatuses: Bool { !statuses.isEmpty }

  /// Takes an event in; returns what is to be done for it, in order.
  public mutating func handle(_ event: Event) -> [Directive] {
    switch event {
    case .connected:
      connection += 1
      nonce = 0
      revision = 0
      statuses.reset()
      phase = .settling
      return helloWhenSettled()
    case .disconnected:
      phase = .offline
      statuses.reset()
      return []
    case .received(let message): return receive(message)
    case .persisted(let refused): return persisted(refused)
    case .persistFailed(let message): return persistFailed(message)
    case .status(let status):
      guard status.status.count <= Self.statusBytesMax else {
        return [.statusTooLong(id: status.id, bytes: status.status.count)]
      }
      statuses.put(status)
      return report()
    case .holds(let held):
      guard held != heldRemovals else { return [] }
      heldRemovals = held
      guard case .live = phase else { return [] }
      return [.send(.heldRemovals(held))]
    }
  }

  private mutating func helloWhenSettled() -> [Directive] {
    guard case .settling = phase, persisting.isEmpty else { return [] }
    phase = .waitingForWelcome
    let hello = Hello(
      bootId: identity.bootID, protocolMin: DeliveryProtocol.minimum, protocolMax: DeliveryProtocol.maximum,
      capabilities: identity.capabilities, lastRevision: lastRevision, inventoryHash: DeliveryHash.inventory(held),
      agentVersion: identity.agentVersion, kubernetesVersion: identity.kubernetesVersion,
      statusHash: DeliveryHash.statuses(statuses.acknowledged), agentNamespace: identity.agentNamespace,
      lineage: lineage)
    return [.send(.hello(hello))]
  }

  private mutating func end(_ code: StatusCode, _ message: String) -> [Directive] {
    phase = .offline
    return [.end(RPCError.Ending(code: code, message: message))]
  }

  private mutating func receive(_ message: ManagerMessage) -> [Directive] {
    switch (phase, message) {
    case (.offline, _), (_, .unrecognized): return []
    case (.waitingForWelcome, .welcome(let welcome)): return welcomed(welcome)
    case (.live, .inventoryRequest):
      let items = held.sorted { $0.key < $1.key }.map { InventoryItem(id: $0.key, version: $0.value) }
      return [.send(.inventory(Inventory(items: items)))]
    case (.live, .desired(let desired)): return desire(desired)
    case (.live, .statusAck(let ack)):
      let acknowledged = statuses.acknowledge(ack.seq)
      return (acknowledged.isEmpty ? [] : [.statusesAcknowledged(acknowledged)]) + report()
    case (.live, .confirmRemovals): return [.removalsConfirmed]
    default: return end(.invalidArgument, "the manager sent a message that has no place here")
    }
  }

  private mutating func welcomed(_ welcome: Welcome) -> [Directive] {
    guard DeliveryProtocol.common((welcome.protocol, welcome.protocol)) != nil else {
      return end(
        .invalidArgument, "the manager chose Delivery version \(welcome.protocol), which this agent does not speak")
    }
    phase = .live
    revision = welcome.revision
    offeredLineage = welcome.lineage
    var directives: [Directive] = [.welcomed(welcome)]
    if !heldRemovals.ids.isEmpty { directives.append(.send(.heldRemovals(heldRemovals))) }
    if welcome.resume {
      completed(welcome.revision)
      directives.append(.complete(revision: welcome.revision))
    }
    if welcome.reportAll {
      statuses.forgetAcknowledged()
      directives.append(.reportAll)
    }
    return directives + report()
  }

  private mutating func completed(_ revision: UInt64) {
    lastRevision = revision
    lineage = offeredLineage
  }

  private mutating func desire(_ desired: Desired) -> [Directive] {
    guard desired.nonce > nonce else { return end(.invalidArgument, "Desired \(desired.nonce) came after \(nonce)") }
    guard desired.revision >= revision else {
      return end(.invalidArgument, "revision \(desired.revision) came after \(revision)")
    }
    guard persisting.count < Self.persistsMax else {
      return end(.invalidArgument, "too many Desired were sent before their Ack")
    }
    nonce = desired.nonce
    revision = desired.revision
    persisting.append((desired, connection))
    return [.persist(desired)]
  }

  private mutating func persisted(_ refused: [NackItem]) -> [Directive] {
    guard !persisting.isEmpty else { return [] }
    let (desired, origin) = persisting.removeFirst()
    let bad = Set(refused.map(\.id))
    let set = desired.set.filter { !bad.contains($0.id) }
    for item in set { held[item.id] = item.version }
    for id in desired.removed { held[id] = nil }
    var directives: [Directive] = []
    if isCurrent(origin) {
      if refused.isEmpty {
        directives.append(.send(.ack(Ack(nonce: desired.nonce))))
      } else {
        let code = StatusCode.invalidArgument.rawValue
        let message = refused[0].message
        directives.append(.send(.nack(Nack(nonce: desired.nonce, code: code, message: message, items: refused))))
      }
    }
    if !set.isEmpty || !desired.removed.isEmpty { directives.append(.apply(set: set, removed: desired.removed)) }
    if desired.complete, isCurrent(origin) {
      completed(desired.revision)
      directives.append(.complete(revision: desired.revision))
    }
    return directives + helloWhenSettled()
  }

  private mutating func persistFailed(_ message: String) -> [Directive] {
    guard !persisting.isEmpty else { return [] }
    let origin = persisting.removeFirst().connection
    guard isCurrent(origin) else { return helloWhenSettled() }
    return end(.unavailable, "desired state cannot be kept: \(message)")
  }

  private func isCurrent(_ origin: UInt64) -> Bool {
    guard case .live = phase else { return false }
    return origin == connection
  }

  private mutating func report() -> [Directive] {
    guard case .live = phase, let report = statuses.next() else { return [] }
    return [.send(.status(report))]
  }
}
