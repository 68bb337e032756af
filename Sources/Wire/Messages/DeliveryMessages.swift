import CWireMessages

/// An agent's first message of a Delivery session.
public struct Hello: WireMessage, Hashable {
  /// Made anew at every start of the agent.
  public var bootId: String
  /// The lowest Delivery version spoken.
  public var protocolMin: UInt32
  /// The highest Delivery version spoken.
  public var protocolMax: UInt32
  /// Optional features the agent has.
  public var capabilities: [String]
  /// The revision of the last complete desired state that is durable on the agent.
  public var lastRevision: UInt64
  /// `DeliveryHash.inventory` of what the agent durably holds.
  public var inventoryHash: [UInt8]
  /// The agent's version.
  public var agentVersion: String
  /// The version of the cluster's API server.
  public var kubernetesVersion: String
  /// `DeliveryHash.statuses` of what the agent last saw acknowledged.
  public var statusHash: [UInt8]
  /// Where the agent runs in its cluster.
  public var agentNamespace: String
  /// ``Welcome/lineage`` of the session in which ``lastRevision`` was completed; empty before the first.
  public var lineage: String

  /// Makes a message; fields left out have their type's zero.
  public init(
    bootId: String = "", protocolMin: UInt32 = 0, protocolMax: UInt32 = 0, capabilities: [String] = [],
    lastRevision: UInt64 = 0, inventoryHash: [UInt8] = [], agentVersion: String = "", kubernetesVersion: String = "",
    statusHash: [UInt8] = [], agentNamespace: String = "", lineage: String = ""
  ) {
    self.bootId = bootId
    self.protocolMin = protocolMin
    self.protocolMax = protocolMax
    self.capabilities = capabilities
    self.lastRevision = lastRevision
    self.inventoryHash = inventoryHash
    self.agentVersion = agentVersion
    self.kubernetesVersion = kubernetesVersion
    self.statusHash = statusHash
    self.agentNamespace = agentNamespace
    self.lineage = lineage
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Hello: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__hello__init(message) }
}

extension Hello: ProtobufMessage {
  init(reading generated: Flotilla__V1__Hello) throws(WireError) {
    bootId = try Field.string(generated.boot_id, "Hello.boot_id")
    protocolMin = generated.protocol_min
    protocolMax = generated.protocol_max
    capabilities = try Field.strings(generated.n_capabilities, generated.capabilities, "Hello.capabilities")
    lastRevision = generated.last_revision
    inventoryHash = Field.bytes(generated.inventory_hash)
    agentVersion = try Field.string(generated.agent_version, "Hello.agent_version")
    kubernetesVersion = try Field.string(generated.kubernetes_version, "Hello.kubernetes_version")
    statusHash = Field.bytes(generated.status_hash)
    agentNamespace = try Field.string(generated.agent_namespace, "Hello.agent_namespace")
    lineage = try Field.string(generated.lineage, "Hello.lineage")
  }

  func write(to generated: inout Flotilla__V1__Hello, in arena: MessageArena) {
    if !bootId.isEmpty { generated.boot_id = arena.string(bootId) }
    generated.protocol_min = protocolMin
    generated.protocol_max = protocolMax
    generated.n_capabilities = capabilities.count
    generated.capabilities = arena.strings(capabilities)
    generated.last_revision = lastRevision
    generated.inventory_hash = arena.bytes(inventoryHash)
    if !agentVersion.isEmpty { generated.agent_version = arena.string(agentVersion) }
    if !kubernetesVersion.isEmpty { generated.kubernetes_version = arena.string(kubernetesVersion) }
    generated.status_hash = arena.bytes(statusHash)
    if !agentNamespace.isEmpty { generated.agent_namespace = arena.string(agentNamespace) }
    if !lineage.isEmpty { generated.lineage = arena.string(lineage) }
  }
}

/// The manager's answer to `Hello`.
public struct Welcome: WireMessage, Hashable {
  /// Fences messages of older sessions of the same agent.
  public var sessionId: UInt64
  /// The Delivery version of this session.
  public var `protocol`: UInt32
  /// How often the agent sends at least something, in milliseconds.
  public var heartbeatIntervalMs: UInt64
  /// True: the inventories are equal, only later changes follow. False: an inventory request follows.
  public var resume: Bool
  /// The manager's revision now.
  public var revision: UInt64
  /// True: the manager does not hold the statuses the agent thinks it does; report all again.
  public var reportAll: Bool
  /// Names the history that the manager's revisions belong to.
  public var lineage: String
  /// The manager's clock, in milliseconds since 1970; 0 where it does not say.
  public var timeMs: UInt64
  /// The 32 bytes of the public key that the manager is going to have; empty while none is foreseen.
  public var nextManagerKey: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(
    sessionId: UInt64 = 0, `protocol`: UInt32 = 0, heartbeatIntervalMs: UInt64 = 0, resume: Bool = false,
    revision: UInt64 = 0, reportAll: Bool = false, lineage: String = "", timeMs: UInt64 = 0,
    nextManagerKey: [UInt8] = []
  ) {
    self.timeMs = timeMs
    self.nextManagerKey = nextManagerKey
    self.sessionId = sessionId
    self.`protocol` = `protocol`
    self.heartbeatIntervalMs = heartbeatIntervalMs
    self.resume = resume
    self.revision = revision
    self.reportAll = reportAll
    self.lineage = lineage
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Welcome: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__welcome__init(message) }
}

extension Welcome: ProtobufMessage {
  init(reading generated: Flotilla__V1__Welcome) throws(WireError) {
    sessionId = generated.session_id
    `protocol` = generated.protocol
    heartbeatIntervalMs = generated.heartbeat_interval_ms
    resume = generated.resume != 0
    revision = generated.revision
    reportAll = generated.report_all != 0
    lineage = try Field.string(generated.lineage, "Welcome.lineage")
    timeMs = generated.time_ms
    nextManagerKey = Field.bytes(generated.next_manager_key)
  }

  func write(to generated: inout Flotilla__V1__Welcome, in arena: MessageArena) {
    generated.session_id = sessionId
    generated.protocol = `protocol`
    generated.heartbeat_interval_ms = heartbeatIntervalMs
    generated.resume = resume ? 1 : 0
    generated.revision = revision
    generated.report_all = reportAll ? 1 : 0
    if !lineage.isEmpty { generated.lineage = arena.string(lineage) }
    generated.time_ms = timeMs
    generated.next_manager_key = arena.bytes(nextManagerKey)
  }
}

/// Asks the agent for its inventory.
public struct InventoryRequest: WireMessage, Hashable {

  /// Makes the message.
  public init() {}

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__InventoryRequest: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__inventory_request__init(message) }
}

extension InventoryRequest: ProtobufMessage {
  init(reading generated: Flotilla__V1__InventoryRequest) throws(WireError) {
    self.init()
  }

  func write(to generated: inout Flotilla__V1__InventoryRequest, in arena: MessageArena) {
  }
}

/// Everything the agent durably holds.
public struct Inventory: WireMessage, Hashable {
  /// One entry for each deployment.
  public var items: [InventoryItem]

  /// Makes a message; fields left out have their type's zero.
  public init(items: [InventoryItem] = []) {
    self.items = items
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Inventory: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__inventory__init(message) }
}

extension Inventory: ProtobufMessage {
  init(reading generated: Flotilla__V1__Inventory) throws(WireError) {
    items = try Field.messages(InventoryItem.self, generated.n_items, generated.items, "Inventory.items")
  }

  func write(to generated: inout Flotilla__V1__Inventory, in arena: MessageArena) {
    generated.n_items = items.count
    generated.items = arena.messages(items)
  }
}

/// One deployment the agent durably holds.
public struct InventoryItem: WireMessage, Hashable {
  /// The deployment's id.
  public var id: String
  /// Its version.
  public var version: String

  /// Makes a message; fields left out have their type's zero.
  public init(id: String = "", version: String = "") {
    self.id = id
    self.version = version
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__InventoryItem: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__inventory_item__init(message) }
}

extension InventoryItem: ProtobufMessage {
  init(reading generated: Flotilla__V1__InventoryItem) throws(WireError) {
    id = try Field.string(generated.id, "InventoryItem.id")
    version = try Field.string(generated.version, "InventoryItem.version")
  }

  func write(to generated: inout Flotilla__V1__InventoryItem, in arena: MessageArena) {
    if !id.isEmpty { generated.id = arena.string(id) }
    if !version.isEmpty { generated.version = arena.string(version) }
  }
}
