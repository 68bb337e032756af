import CWireMessages

/// One object of a deployment, compared with what was deployed.
public struct DiffedObject: WireMessage, Hashable {
  /// What came of the comparison.
  public enum Outcome: UInt32, Sendable, Hashable, CaseIterable {
    /// A newer agent's outcome that is not known here.
    case unspecified = 0
    /// It is as it was deployed.
    case same = 1
    /// It differs in the fields given.
    case modified = 2
    /// It is not there.
    case missing = 3
    /// It is there, but belongs to somebody else.
    case notOwned = 4
    /// It was deployed by the revision before, is not wanted any more, and is still there.
    case extra = 5
    /// The bundle says that it does not count.
    case ignored = 6
    /// The API server cannot say.
    case unknown = 7

    /// Whether it says that the cluster is not as it was deployed.
    public var differs: Bool {
      switch self {
      case .modified, .missing, .notOwned, .extra: true
      case .unspecified, .same, .ignored, .unknown: false
      }
    }
  }

  /// The object's API version.
  public var apiVersion: String
  /// The object's kind.
  public var kind: String
  /// The object's namespace; empty when it has none.
  public var namespace: String
  /// The object's name.
  public var name: String
  /// What came of the comparison.
  public var outcome: Outcome
  /// The fields that differ.
  public var fields: [DiffedField]
  /// The field manager that wrote to the object last, besides Helm; empty where the object does not say.
  public var writer: String
  /// Why nothing can be said.
  public var reason: String
  /// Fields for which there was no room.
  public var fieldsLeftOut: UInt32

  /// Makes a message; fields left out have their type's zero.
  public init(
    apiVersion: String = "", kind: String = "", namespace: String = "", name: String = "",
    outcome: Outcome = .unspecified, fields: [DiffedField] = [], writer: String = "", reason: String = "",
    fieldsLeftOut: UInt32 = 0
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.outcome = outcome
    self.fields = fields
    self.writer = writer
    self.reason = reason
    self.fieldsLeftOut = fieldsLeftOut
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DiffedObject: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__diffed_object__init(message) }
}

extension DiffedObject: ProtobufMessage {
  init(reading generated: Flotilla__V1__DiffedObject) throws(WireError) {
    apiVersion = try Field.string(generated.api_version, "DiffedObject.api_version")
    kind = try Field.string(generated.kind, "DiffedObject.kind")
    namespace = try Field.string(generated.namespace_, "DiffedObject.namespace")
    name = try Field.string(generated.name, "DiffedObject.name")
    outcome = Outcome(rawValue: UInt32(truncatingIfNeeded: generated.outcome.rawValue)) ?? .unspecified
    fields = try Field.messages(DiffedField.self, generated.n_fields, generated.fields, "DiffedObject.fields")
    writer = try Field.string(generated.writer, "DiffedObject.writer")
    reason = try Field.string(generated.reason, "DiffedObject.reason")
    fieldsLeftOut = generated.fields_left_out
  }

  func write(to generated: inout Flotilla__V1__DiffedObject, in arena: MessageArena) {
    if !apiVersion.isEmpty { generated.api_version = arena.string(apiVersion) }
    if !kind.isEmpty { generated.kind = arena.string(kind) }
    if !namespace.isEmpty { generated.namespace_ = arena.string(namespace) }
    if !name.isEmpty { generated.name = arena.string(name) }
    generated.outcome = .init(rawValue: .init(outcome.rawValue))
    generated.n_fields = fields.count
    generated.fields = arena.messages(fields)
    if !writer.isEmpty { generated.writer = arena.string(writer) }
    if !reason.isEmpty { generated.reason = arena.string(reason) }
    generated.fields_left_out = fieldsLeftOut
  }
}

/// A field that differs between a live object and what was deployed.
public struct DiffedField: WireMessage, Hashable {
  /// Such as `spec.template.spec.containers[name=web].image`.
  public var path: String
  /// The live value as JSON; empty where the field is not there.
  public var live: String
  /// The deployed value as JSON; empty where the field is not there.
  public var desired: String
  /// Instead of the values: the hunks of a unified difference from live to desired.
  public var lines: String

  /// Makes a message; fields left out have their type's zero.
  public init(path: String = "", live: String = "", desired: String = "", lines: String = "") {
    self.path = path
    self.live = live
    self.desired = desired
    self.lines = lines
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DiffedField: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__diffed_field__init(message) }
}

extension DiffedField: ProtobufMessage {
  init(reading generated: Flotilla__V1__DiffedField) throws(WireError) {
    path = try Field.string(generated.path, "DiffedField.path")
    live = try Field.string(generated.live, "DiffedField.live")
    desired = try Field.string(generated.desired, "DiffedField.desired")
    lines = try Field.string(generated.lines, "DiffedField.lines")
  }

  func write(to generated: inout Flotilla__V1__DiffedField, in arena: MessageArena) {
    if !path.isEmpty { generated.path = arena.string(path) }
    if !live.isEmpty { generated.live = arena.string(live) }
    if !desired.isEmpty { generated.desired = arena.string(desired) }
    if !lines.isEmpty { generated.lines = arena.string(lines) }
  }
}
