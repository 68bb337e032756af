import CWireMessages

/// A change of what the agent should hold.
public struct Desired: WireMessage, Hashable {
  /// Names this message in `Ack` and `Nack`; grows by one within a session.
  public var nonce: UInt64
  /// The manager's revision that the items were read at; never goes back.
  public var revision: UInt64
  /// Deployments that are new or changed.
  public var set: [DeploymentItem]
  /// Ids of deployments the agent should no longer hold.
  public var removed: [String]
  /// True: after this message the agent holds everything it should at this revision.
  public var complete: Bool
  /// Small blobs that items refer to, so that they need not be fetched. Which each is, its SHA-256 says.
  public var blobs: [InlineBlob]

  /// Makes a message; fields left out have their type's zero.
  public init(
    nonce: UInt64 = 0, revision: UInt64 = 0, set: [DeploymentItem] = [], removed: [String] = [],
    complete: Bool = false, blobs: [InlineBlob] = []
  ) {
    self.blobs = blobs
    self.nonce = nonce
    self.revision = revision
    self.set = set
    self.removed = removed
    self.complete = complete
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Desired: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__desired__init(message) }
}

extension Desired: ProtobufMessage {
  init(reading generated: Flotilla__V1__Desired) throws(WireError) {
    nonce = generated.nonce
    revision = generated.revision
    set = try Field.messages(DeploymentItem.self, generated.n_set, generated.set, "Desired.set")
    removed = try Field.strings(generated.n_removed, generated.removed, "Desired.removed")
    complete = generated.complete != 0
    blobs = try Field.messages(InlineBlob.self, generated.n_blobs, generated.blobs, "Desired.blobs")
  }

  func write(to generated: inout Flotilla__V1__Desired, in arena: MessageArena) {
    generated.nonce = nonce
    generated.revision = revision
    generated.n_set = set.count
    generated.set = arena.messages(set)
    generated.n_removed = removed.count
    generated.removed = arena.strings(removed)
    generated.complete = complete ? 1 : 0
    generated.n_blobs = blobs.count
    generated.blobs = arena.messages(blobs)
  }
}

/// A small blob inside another message.
public struct InlineBlob: WireMessage, Hashable {
  /// The whole blob.
  public var data: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(data: [UInt8] = []) {
    self.data = data
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__InlineBlob: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__inline_blob__init(message) }
}

extension InlineBlob: ProtobufMessage {
  init(reading generated: Flotilla__V1__InlineBlob) throws(WireError) {
    data = Field.bytes(generated.data)
  }

  func write(to generated: inout Flotilla__V1__InlineBlob, in arena: MessageArena) {
    generated.data = arena.bytes(data)
  }
}

/// One deployment, by digests; the bus knows no more of it.
public struct DeploymentItem: WireMessage, Hashable {
  /// The deployment's id.
  public var id: String
  /// Changes whenever anything of the deployment changes.
  public var version: String
  /// The blob with the resources.
  public var contentDigest: String
  /// The blob with the options.
  public var optionsDigest: String

  /// Makes a message; fields left out have their type's zero.
  public init(id: String = "", version: String = "", contentDigest: String = "", optionsDigest: String = "") {
    self.id = id
    self.version = version
    self.contentDigest = contentDigest
    self.optionsDigest = optionsDigest
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DeploymentItem: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__deployment_item__init(message) }
}

extension DeploymentItem: ProtobufMessage {
  init(reading generated: Flotilla__V1__DeploymentItem) throws(WireError) {
    id = try Field.string(generated.id, "DeploymentItem.id")
    version = try Field.string(generated.version, "DeploymentItem.version")
    contentDigest = try Field.string(generated.content_digest, "DeploymentItem.content_digest")
    optionsDigest = try Field.string(generated.options_digest, "DeploymentItem.options_digest")
  }

  func write(to generated: inout Flotilla__V1__DeploymentItem, in arena: MessageArena) {
    if !id.isEmpty { generated.id = arena.string(id) }
    if !version.isEmpty { generated.version = arena.string(version) }
    if !contentDigest.isEmpty { generated.content_digest = arena.string(contentDigest) }
    if !optionsDigest.isEmpty { generated.options_digest = arena.string(optionsDigest) }
  }
}

/// The items of a `Desired` are durable on the agent.
public struct Ack: WireMessage, Hashable {
  /// The `Desired`.
  public var nonce: UInt64

  /// Makes a message; fields left out have their type's zero.
  public init(nonce: UInt64 = 0) {
    self.nonce = nonce
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Ack: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__ack__init(message) }
}

extension Ack: ProtobufMessage {
  init(reading generated: Flotilla__V1__Ack) throws(WireError) {
    nonce = generated.nonce
  }

  func write(to generated: inout Flotilla__V1__Ack, in arena: MessageArena) {
    generated.nonce = nonce
  }
}

/// The agent keeps the last good version of the items named, or of all where none is named.
public struct Nack: WireMessage, Hashable {
  /// The `Desired`.
  public var nonce: UInt64
  /// Why, as a canonical status code.
  public var code: UInt32
  /// Why, for people.
  public var message: String
  /// The refused items; empty: all.
  public var items: [NackItem]

  /// Makes a message; fields left out have their type's zero.
  public init(nonce: UInt64 = 0, code: UInt32 = 0, message: String = "", items: [NackItem] = []) {
    self.nonce = nonce
    self.code = code
    self.message = message
    self.items = items
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Nack: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__nack__init(message) }
}

extension Nack: ProtobufMessage {
  init(reading generated: Flotilla__V1__Nack) throws(WireError) {
    nonce = generated.nonce
    code = generated.code
    message = try Field.string(generated.message, "Nack.message")
    items = try Field.messages(NackItem.self, generated.n_items, generated.items, "Nack.items")
  }

  func write(to generated: inout Flotilla__V1__Nack, in arena: MessageArena) {
    generated.nonce = nonce
    generated.code = code
    if !message.isEmpty { generated.message = arena.string(message) }
    generated.n_items = items.count
    generated.items = arena.messages(items)
  }
}

/// One refused item.
public struct NackItem: WireMessage, Hashable {
  /// The deployment's id.
  public var id: String
  /// The refused version.
  public var version: String
  /// Why, for people.
  public var message: String

  /// Makes a message; fields left out have their type's zero.
  public init(id: String = "", version: String = "", message: String = "") {
    self.id = id
    self.version = version
    self.message = message
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__NackItem: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__nack_item__init(message) }
}

extension NackItem: ProtobufMessage {
  init(reading generated: Flotilla__V1__NackItem) throws(WireError) {
    id = try Field.string(generated.id, "NackItem.id")
    version = try Field.string(generated.version, "NackItem.version")
    message = try Field.string(generated.message, "NackItem.message")
  }

  func write(to generated: inout Flotilla__V1__NackItem, in arena: MessageArena) {
    if !id.isEmpty { generated.id = arena.string(id) }
    if !version.isEmpty { generated.version = arena.string(version) }
    if !message.isEmpty { generated.message = arena.string(message) }
  }
}
