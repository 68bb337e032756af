import CWireMessages

/// Asks for a blob by its digest, from an offset.
public struct FetchRequest: WireMessage, Hashable {
  /// "sha256:" and 64 hex digits.
  public var digest: String
  /// The first byte wanted.
  public var offset: UInt64

  /// Makes a message; fields left out have their type's zero.
  public init(digest: String = "", offset: UInt64 = 0) {
    self.digest = digest
    self.offset = offset
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__FetchRequest: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__fetch_request__init(message) }
}

extension FetchRequest: ProtobufMessage {
  init(reading generated: Flotilla__V1__FetchRequest) throws(WireError) {
    digest = try Field.string(generated.digest, "FetchRequest.digest")
    offset = generated.offset
  }

  func write(to generated: inout Flotilla__V1__FetchRequest, in arena: MessageArena) {
    if !digest.isEmpty { generated.digest = arena.string(digest) }
    generated.offset = offset
  }
}

/// A piece of a blob.
public struct FetchChunk: WireMessage, Hashable {
  /// Where in the blob `data` begins.
  public var offset: UInt64
  /// The bytes.
  public var data: [UInt8]
  /// The length of the whole blob.
  public var totalBytes: UInt64

  /// Makes a message; fields left out have their type's zero.
  public init(offset: UInt64 = 0, data: [UInt8] = [], totalBytes: UInt64 = 0) {
    self.offset = offset
    self.data = data
    self.totalBytes = totalBytes
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__FetchChunk: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__fetch_chunk__init(message) }
}

extension FetchChunk: ProtobufMessage {
  init(reading generated: Flotilla__V1__FetchChunk) throws(WireError) {
    offset = generated.offset
    data = Field.bytes(generated.data)
    totalBytes = generated.total_bytes
  }

  func write(to generated: inout Flotilla__V1__FetchChunk, in arena: MessageArena) {
    generated.offset = offset
    generated.data = arena.bytes(data)
    generated.total_bytes = totalBytes
  }
}
