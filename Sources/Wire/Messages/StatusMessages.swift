import CWireMessages

/// The last statuses of some deployments; a later one replaces an earlier one.
public struct StatusReport: WireMessage, Hashable {
  /// Grows by one within a session.
  public var seq: UInt64
  /// At most one for each deployment.
  public var statuses: [DeploymentStatus]

  /// Makes a message; fields left out have their type's zero.
  public init(seq: UInt64 = 0, statuses: [DeploymentStatus] = []) {
    self.seq = seq
    self.statuses = statuses
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__StatusReport: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__status_report__init(message) }
}

extension StatusReport: ProtobufMessage {
  init(reading generated: Flotilla__V1__StatusReport) throws(WireError) {
    seq = generated.seq
    statuses = try Field.messages(
      DeploymentStatus.self, generated.n_statuses, generated.statuses, "StatusReport.statuses")
  }

  func write(to generated: inout Flotilla__V1__StatusReport, in arena: MessageArena) {
    generated.seq = seq
    generated.n_statuses = statuses.count
    generated.statuses = arena.messages(statuses)
  }
}

/// The status of one deployment; opaque to the bus.
public struct DeploymentStatus: WireMessage, Hashable {
  /// The deployment's id.
  public var id: String
  /// The version this status speaks of.
  public var version: String
  /// JSON; empty: the deployment is gone from the agent.
  public var status: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(id: String = "", version: String = "", status: [UInt8] = []) {
    self.id = id
    self.version = version
    self.status = status
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DeploymentStatus: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__deployment_status__init(message) }
}

extension DeploymentStatus: ProtobufMessage {
  init(reading generated: Flotilla__V1__DeploymentStatus) throws(WireError) {
    id = try Field.string(generated.id, "DeploymentStatus.id")
    version = try Field.string(generated.version, "DeploymentStatus.version")
    status = Field.bytes(generated.status)
  }

  func write(to generated: inout Flotilla__V1__DeploymentStatus, in arena: MessageArena) {
    if !id.isEmpty { generated.id = arena.string(id) }
    if !version.isEmpty { generated.version = arena.string(version) }
    generated.status = arena.bytes(status)
  }
}

/// Every report up to and including this one is committed.
public struct StatusAck: WireMessage, Hashable {
  /// The last committed report.
  public var seq: UInt64

  /// Makes a message; fields left out have their type's zero.
  public init(seq: UInt64 = 0) {
    self.seq = seq
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__StatusAck: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__status_ack__init(message) }
}

extension StatusAck: ProtobufMessage {
  init(reading generated: Flotilla__V1__StatusAck) throws(WireError) {
    seq = generated.seq
  }

  func write(to generated: inout Flotilla__V1__StatusAck, in arena: MessageArena) {
    generated.seq = seq
  }
}
