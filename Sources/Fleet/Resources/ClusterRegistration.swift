import Document

/// What an agent says when it registers (fleet-behaviour §1.7).
public struct ClusterRegistrationSpec: FleetSpec {
  /// By which the cluster is known again.
  public var clientID = ""
  /// Tells two registrations of one client apart.
  public var clientRandom = ""
  /// Labels that the Cluster gets.
  public var clusterLabels: [String: String] = [:]

  /// A spec with every field empty.
  public init() {}

  /// Reads a spec.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "spec")
    clientID = try reader.text("clientID")
    clientRandom = try reader.text("clientRandom")
    clusterLabels = try reader.stringMap("clusterLabels") ?? [:]
  }

  /// The spec as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("clientID", clientID)
    writer.set("clientRandom", clientRandom)
    writer.set("clusterLabels", clusterLabels)
    return writer.value
  }
}

/// The record of one agent's registration.
public struct ClusterRegistration: FleetResource {
  /// The kind's name.
  public static let kind = "ClusterRegistration"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ClusterRegistrationSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A ClusterRegistration.
  public init(metadata: ObjectMeta, spec: ClusterRegistrationSpec, status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

/// How long a registration token is good (fleet-behaviour §1.7).
public struct ClusterRegistrationTokenSpec: FleetSpec {
  /// How long after its creation the token expires; nil means never.
  public var ttl: Duration?

  /// A token that does not expire.
  public init() {}

  /// Reads a spec; `0` means no expiry.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when the duration is not valid.
  public init(_ value: Value?) throws(FleetError) {
    let ttl = try FieldReader(value, path: "spec").duration("ttl")
    self.ttl = ttl == .zero ? nil : ttl
  }

  /// The spec as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("ttl", ttl.map { .string(GoDuration.format($0)) })
    return writer.value
  }
}

/// A token by which agents register; its Secret holds what they need.
public struct ClusterRegistrationToken: FleetResource {
  /// The kind's name.
  public static let kind = "ClusterRegistrationToken"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ClusterRegistrationTokenSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A ClusterRegistrationToken.
  public init(metadata: ObjectMeta, spec: ClusterRegistrationTokenSpec, status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// When the token expires, counted from its creation; nil when never or not created yet.
  public var expires: Timestamp? {
    guard let ttl = spec.ttl, let created = metadata.creationTimestamp else { return nil }
    return created.advanced(by: ttl)
  }
}
