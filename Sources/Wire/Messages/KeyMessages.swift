import CWireMessages

/// A public key that somebody is going to use, or uses from now on.
public struct KeyChange: WireMessage, Hashable {
  /// The 32 bytes of the key; empty where the method says so.
  public var publicKey: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(publicKey: [UInt8] = []) { self.publicKey = publicKey }

  /// Names a key.
  public init(_ key: CurvePublicKey) { publicKey = key.bytes }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__KeyChange: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__key_change__init(message) }
}

extension KeyChange: ProtobufMessage {
  init(reading generated: Flotilla__V1__KeyChange) throws(WireError) { publicKey = Field.bytes(generated.public_key) }

  func write(to generated: inout Flotilla__V1__KeyChange, in arena: MessageArena) {
    generated.public_key = arena.bytes(publicKey)
  }
}
