import CWireMessages

/// Releases of the agent's own that belong to no deployment and that it does not remove unasked.
public struct HeldRemovals: WireMessage, Hashable {
  /// The releases as `namespace/name`; none says that nothing is held any more.
  public var ids: [String]
  /// How many releases of its own the agent found.
  public var of: UInt32

  /// Makes a message; fields left out have their type's zero.
  public init(ids: [String] = [], of: UInt32 = 0) {
    self.ids = ids
    self.of = of
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__HeldRemovals: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__held_removals__init(message) }
}

extension HeldRemovals: ProtobufMessage {
  init(reading generated: Flotilla__V1__HeldRemovals) throws(WireError) {
    ids = try Field.strings(generated.n_ids, generated.ids, "HeldRemovals.ids")
    of = generated.of
  }

  func write(to generated: inout Flotilla__V1__HeldRemovals, in arena: MessageArena) {
    generated.n_ids = ids.count
    generated.ids = arena.strings(ids)
    generated.of = of
  }
}

/// A person has confirmed what ``HeldRemovals`` names.
public struct ConfirmRemovals: WireMessage, Hashable {

  /// Makes the message.
  public init() {}

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__ConfirmRemovals: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__confirm_removals__init(message) }
}

extension ConfirmRemovals: ProtobufMessage {
  init(reading generated: Flotilla__V1__ConfirmRemovals) throws(WireError) {
    self.init()
  }

  func write(to generated: inout Flotilla__V1__ConfirmRemovals, in arena: MessageArena) {
  }
}
