import CWireMessages

/// What the agent says on `Delivery.session`.
public enum AgentMessage: WireMessage, Hashable {
  /// The first message.
  case hello(Hello)
  /// The answer to an inventory request.
  case inventory(Inventory)
  /// A `Desired` is durable.
  case ack(Ack)
  /// A `Desired` is refused, wholly or in part.
  case nack(Nack)
  /// Statuses.
  case status(StatusReport)
  /// Releases that are not removed unasked.
  case heldRemovals(HeldRemovals)
  /// A body that this version does not know; to be skipped.
  case unrecognized

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__AgentMessage: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__agent_message__init(message) }
}

extension AgentMessage: ProtobufMessage {
  init(reading generated: Flotilla__V1__AgentMessage) throws(WireError) {
    switch generated.body_case {
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_HELLO:
      self = .hello(try Field.body(generated.hello, "AgentMessage.hello"))
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_INVENTORY:
      self = .inventory(try Field.body(generated.inventory, "AgentMessage.inventory"))
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_ACK:
      self = .ack(try Field.body(generated.ack, "AgentMessage.ack"))
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_NACK:
      self = .nack(try Field.body(generated.nack, "AgentMessage.nack"))
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_STATUS:
      self = .status(try Field.body(generated.status, "AgentMessage.status"))
    case FLOTILLA__V1__AGENT_MESSAGE__BODY_HELD_REMOVALS:
      self = .heldRemovals(try Field.body(generated.held_removals, "AgentMessage.held_removals"))
    default:
      self = .unrecognized
    }
  }

  func write(to generated: inout Flotilla__V1__AgentMessage, in arena: MessageArena) {
    switch self {
    case .hello(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_HELLO
      generated.hello = arena.message(body)
    case .inventory(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_INVENTORY
      generated.inventory = arena.message(body)
    case .ack(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_ACK
      generated.ack = arena.message(body)
    case .nack(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_NACK
      generated.nack = arena.message(body)
    case .status(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_STATUS
      generated.status = arena.message(body)
    case .heldRemovals(let body):
      generated.body_case = FLOTILLA__V1__AGENT_MESSAGE__BODY_HELD_REMOVALS
      generated.held_removals = arena.message(body)
    case .unrecognized:
      break
    }
  }
}

/// What the manager says on `Delivery.session`.
public enum ManagerMessage: WireMessage, Hashable {
  /// The answer to `Hello`.
  case welcome(Welcome)
  /// A change of what the agent should hold.
  case desired(Desired)
  /// Reports are committed.
  case statusAck(StatusAck)
  /// Asks for the inventory.
  case inventoryRequest(InventoryRequest)
  /// A person has confirmed the agent's held removals.
  case confirmRemovals(ConfirmRemovals)
  /// A body that this version does not know; to be skipped.
  case unrecognized

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__ManagerMessage: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__manager_message__init(message) }
}

extension ManagerMessage: ProtobufMessage {
  init(reading generated: Flotilla__V1__ManagerMessage) throws(WireError) {
    switch generated.body_case {
    case FLOTILLA__V1__MANAGER_MESSAGE__BODY_WELCOME:
      self = .welcome(try Field.body(generated.welcome, "ManagerMessage.welcome"))
    case FLOTILLA__V1__MANAGER_MESSAGE__BODY_DESIRED:
      self = .desired(try Field.body(generated.desired, "ManagerMessage.desired"))
    case FLOTILLA__V1__MANAGER_MESSAGE__BODY_STATUS_ACK:
      self = .statusAck(try Field.body(generated.status_ack, "ManagerMessage.status_ack"))
    case FLOTILLA__V1__MANAGER_MESSAGE__BODY_INVENTORY_REQUEST:
      self = .inventoryRequest(try Field.body(generated.inventory_request, "ManagerMessage.inventory_request"))
    case FLOTILLA__V1__MANAGER_MESSAGE__BODY_CONFIRM_REMOVALS:
      self = .confirmRemovals(try Field.body(generated.confirm_removals, "ManagerMessage.confirm_removals"))
    default:
      self = .unrecognized
    }
  }

  func write(to generated: inout Flotilla__V1__ManagerMessage, in arena: MessageArena) {
    switch self {
    case .welcome(let body):
      generated.body_case = FLOTILLA__V1__MANAGER_MESSAGE__BODY_WELCOME
      generated.welcome = arena.message(body)
    case .desired(let body):
      generated.body_case = FLOTILLA__V1__MANAGER_MESSAGE__BODY_DESIRED
      generated.desired = arena.message(body)
    case .statusAck(let body):
      generated.body_case = FLOTILLA__V1__MANAGER_MESSAGE__BODY_STATUS_ACK
      generated.status_ack = arena.message(body)
    case .inventoryRequest(let body):
      generated.body_case = FLOTILLA__V1__MANAGER_MESSAGE__BODY_INVENTORY_REQUEST
      generated.inventory_request = arena.message(body)
    case .confirmRemovals(let body):
      generated.body_case = FLOTILLA__V1__MANAGER_MESSAGE__BODY_CONFIRM_REMOVALS
      generated.confirm_removals = arena.message(body)
    case .unrecognized:
      break
    }
  }
}
