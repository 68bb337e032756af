import CWireMessages

/// Asks an agent how the live objects of a deployment differ from what was deployed.
public struct DiffRequest: WireMessage, Hashable {
  /// The deployment's id.
  public var id: String
  /// The most objects to answer with; 0, and anything above it, is the agent's own limit.
  public var objectsMax: UInt32
  /// The most bytes to answer with; 0, and anything above it, is the agent's own limit.
  public var bytesMax: UInt32

  /// Makes a message; fields left out have their type's zero.
  public init(id: String = "", objectsMax: UInt32 = 0, bytesMax: UInt32 = 0) {
    self.id = id
    self.objectsMax = objectsMax
    self.bytesMax = bytesMax
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DiffRequest: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__diff_request__init(message) }
}

extension DiffRequest: ProtobufMessage {
  init(reading generated: Flotilla__V1__DiffRequest) throws(WireError) {
    id = try Field.string(generated.id, "DiffRequest.id")
    objectsMax = generated.objects_max
    bytesMax = generated.bytes_max
  }

  func write(to generated: inout Flotilla__V1__DiffRequest, in arena: MessageArena) {
    if !id.isEmpty { generated.id = arena.string(id) }
    generated.objects_max = objectsMax
    generated.bytes_max = bytesMax
  }
}

/// How the live objects of a deployment differ from what Helm's record says was deployed.
public struct DiffResponse: WireMessage, Hashable {
  /// The version that stands.
  public var appliedDeploymentId: String
  /// The version that is to stand.
  public var desiredDeploymentId: String
  /// `namespace/name:revision` of the release that was compared with.
  public var release: String
  /// The objects, those that differ first.
  public var objects: [DiffedObject]
  /// Objects that do not differ, for which there was no room.
  public var leftOut: UInt32
  /// Objects that differ, for which there was no room.
  public var leftOutDiffering: UInt32
  /// Objects that were not looked at, because there are too many.
  public var notCompared: UInt32

  /// Makes a message; fields left out have their type's zero.
  public init(
    appliedDeploymentId: String = "", desiredDeploymentId: String = "", release: String = "",
    objects: [DiffedObject] = [], leftOut: UInt32 = 0, leftOutDiffering: UInt32 = 0, notCompared: UInt32 = 0
  ) {
    self.appliedDeploymentId = appliedDeploymentId
    self.desiredDeploymentId = desiredDeploymentId
    self.release = release
    self.objects = objects
    self.leftOut = leftOut
    self.leftOutDiffering = leftOutDiffering
    self.notCompared = notCompared
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__DiffResponse: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__diff_response__init(message) }
}

extension DiffResponse: ProtobufMessage {
  init(reading generated: Flotilla__V1__DiffResponse) throws(WireError) {
    appliedDeploymentId = try Field.string(generated.applied_deployment_id, "DiffResponse.applied_deployment_id")
    desiredDeploymentId = try Field.string(generated.desired_deployment_id, "DiffResponse.desired_deployment_id")
    release = try Field.string(generated.release, "DiffResponse.release")
    objects = try Field.messages(DiffedObject.self, generated.n_objects, generated.objects, "DiffResponse.objects")
    leftOut = generated.left_out
    leftOutDiffering = generated.left_out_differing
    notCompared = generated.not_compared
  }

  func write(to generated: inout Flotilla__V1__DiffResponse, in arena: MessageArena) {
    if !appliedDeploymentId.isEmpty { generated.applied_deployment_id = arena.string(appliedDeploymentId) }
    if !desiredDeploymentId.isEmpty { generated.desired_deployment_id = arena.string(desiredDeploymentId) }
    if !release.isEmpty { generated.release = arena.string(release) }
    generated.n_objects = objects.count
    generated.objects = arena.messages(objects)
    generated.left_out = leftOut
    generated.left_out_differing = leftOutDiffering
    generated.not_compared = notCompared
  }
}
