import CWireMessages

/// One entry of an RPC's metadata.
public struct Metadata: WireMessage, Hashable {
  /// The entry's name.
  public var key: String
  /// Its value, at most `WireLimits.metadataBytes`.
  public var value: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(key: String = "", value: [UInt8] = []) {
    self.key = key
    self.value = value
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Metadata: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__metadata__init(message) }
}

extension Metadata: ProtobufMessage {
  init(reading generated: Flotilla__V1__Metadata) throws(WireError) {
    key = try Field.string(generated.key, "Metadata.key")
    value = Field.bytes(generated.value)
  }

  func write(to generated: inout Flotilla__V1__Metadata, in arena: MessageArena) {
    if !key.isEmpty { generated.key = arena.string(key) }
    generated.value = arena.bytes(value)
  }
}

/// What each side of a connection says first: versions, credits and the heartbeat.
public struct Settings: WireMessage, Hashable {
  /// The lowest protocol version spoken.
  public var protocolMin: UInt32
  /// The highest protocol version spoken.
  public var protocolMax: UInt32
  /// Bytes the other side may send on each stream before the first CREDIT.
  public var streamCreditBytes: UInt64
  /// Bytes the other side may send on all streams together before the first CREDIT.
  public var connectionCreditBytes: UInt64
  /// Streams the other side may have open at once.
  public var streamsMax: UInt32
  /// From the bound side: how often the other sends at least something, in milliseconds.
  public var heartbeatIntervalMs: UInt64
  /// The connecting side's public key; read only by a bus without CURVE.
  public var publicKey: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(
    protocolMin: UInt32 = 0, protocolMax: UInt32 = 0, streamCreditBytes: UInt64 = 0,
    connectionCreditBytes: UInt64 = 0, streamsMax: UInt32 = 0, heartbeatIntervalMs: UInt64 = 0,
    publicKey: [UInt8] = []
  ) {
    self.protocolMin = protocolMin
    self.protocolMax = protocolMax
    self.streamCreditBytes = streamCreditBytes
    self.connectionCreditBytes = connectionCreditBytes
    self.streamsMax = streamsMax
    self.heartbeatIntervalMs = heartbeatIntervalMs
    self.publicKey = publicKey
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Settings: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__settings__init(message) }
}

extension Settings: ProtobufMessage {
  init(reading generated: Flotilla__V1__Settings) throws(WireError) {
    protocolMin = generated.protocol_min
    protocolMax = generated.protocol_max
    streamCreditBytes = generated.stream_credit_bytes
    connectionCreditBytes = generated.connection_credit_bytes
    streamsMax = generated.streams_max
    heartbeatIntervalMs = generated.heartbeat_interval_ms
    publicKey = Field.bytes(generated.public_key)
  }

  func write(to generated: inout Flotilla__V1__Settings, in arena: MessageArena) {
    generated.protocol_min = protocolMin
    generated.protocol_max = protocolMax
    generated.stream_credit_bytes = streamCreditBytes
    generated.connection_credit_bytes = connectionCreditBytes
    generated.streams_max = streamsMax
    generated.heartbeat_interval_ms = heartbeatIntervalMs
    generated.public_key = arena.bytes(publicKey)
  }
}

/// Asks the other side to open no new streams, to finish, and to come back later.
public struct Goaway: WireMessage, Hashable {
  /// Why, for the log.
  public var reason: String
  /// The earliest time to come back, in milliseconds.
  public var retryAfterMinMs: UInt64
  /// The latest time to come back, in milliseconds.
  public var retryAfterMaxMs: UInt64
  /// Where to come back; empty is the same endpoint.
  public var endpoints: [String]

  /// Makes a message; fields left out have their type's zero.
  public init(
    reason: String = "", retryAfterMinMs: UInt64 = 0, retryAfterMaxMs: UInt64 = 0, endpoints: [String] = []
  ) {
    self.reason = reason
    self.retryAfterMinMs = retryAfterMinMs
    self.retryAfterMaxMs = retryAfterMaxMs
    self.endpoints = endpoints
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Goaway: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__goaway__init(message) }
}

extension Goaway: ProtobufMessage {
  init(reading generated: Flotilla__V1__Goaway) throws(WireError) {
    reason = try Field.string(generated.reason, "Goaway.reason")
    retryAfterMinMs = generated.retry_after_min_ms
    retryAfterMaxMs = generated.retry_after_max_ms
    endpoints = try Field.strings(generated.n_endpoints, generated.endpoints, "Goaway.endpoints")
  }

  func write(to generated: inout Flotilla__V1__Goaway, in arena: MessageArena) {
    if !reason.isEmpty { generated.reason = arena.string(reason) }
    generated.retry_after_min_ms = retryAfterMinMs
    generated.retry_after_max_ms = retryAfterMaxMs
    generated.n_endpoints = endpoints.count
    generated.endpoints = arena.strings(endpoints)
  }
}
