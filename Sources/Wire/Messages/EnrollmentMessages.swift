import CWireMessages

/// An agent's wish to become a cluster of this manager, with the join token that allows it.
public struct EnrollRequest: WireMessage, Hashable {
  /// The join token's public part.
  public var tokenId: String
  /// The join token's secret. Never to be logged.
  public var tokenSecret: String
  /// Names the cluster for ever; the default is the UID of its `kube-system` namespace.
  public var clientId: String
  /// Labels for the Cluster.
  public var labels: [Label]
  /// The agent's version.
  public var agentVersion: String
  /// The version of the cluster's API server.
  public var kubernetesVersion: String
  /// The agent knows ``EnrollResponse/pending``.
  public var acceptsWaiting: Bool

  /// Makes a message; fields left out have their type's zero.
  public init(
    tokenId: String = "", tokenSecret: String = "", clientId: String = "", labels: [Label] = [],
    agentVersion: String = "", kubernetesVersion: String = "", acceptsWaiting: Bool = false
  ) {
    self.acceptsWaiting = acceptsWaiting
    self.tokenId = tokenId
    self.tokenSecret = tokenSecret
    self.clientId = clientId
    self.labels = labels
    self.agentVersion = agentVersion
    self.kubernetesVersion = kubernetesVersion
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__EnrollRequest: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__enroll_request__init(message) }
}

extension EnrollRequest: ProtobufMessage {
  init(reading generated: Flotilla__V1__EnrollRequest) throws(WireError) {
    tokenId = try Field.string(generated.token_id, "EnrollRequest.token_id")
    tokenSecret = try Field.string(generated.token_secret, "EnrollRequest.token_secret")
    clientId = try Field.string(generated.client_id, "EnrollRequest.client_id")
    labels = try Field.messages(Label.self, generated.n_labels, generated.labels, "EnrollRequest.labels")
    agentVersion = try Field.string(generated.agent_version, "EnrollRequest.agent_version")
    kubernetesVersion = try Field.string(generated.kubernetes_version, "EnrollRequest.kubernetes_version")
    acceptsWaiting = generated.accepts_waiting != 0
  }

  func write(to generated: inout Flotilla__V1__EnrollRequest, in arena: MessageArena) {
    if !tokenId.isEmpty { generated.token_id = arena.string(tokenId) }
    if !tokenSecret.isEmpty { generated.token_secret = arena.string(tokenSecret) }
    if !clientId.isEmpty { generated.client_id = arena.string(clientId) }
    generated.n_labels = labels.count
    generated.labels = arena.messages(labels)
    if !agentVersion.isEmpty { generated.agent_version = arena.string(agentVersion) }
    if !kubernetesVersion.isEmpty { generated.kubernetes_version = arena.string(kubernetesVersion) }
    generated.accepts_waiting = acceptsWaiting ? 1 : 0
  }
}

/// One label of a cluster.
public struct Label: WireMessage, Hashable {
  /// The label's key.
  public var key: String
  /// The label's value.
  public var value: String

  /// Makes a message; fields left out have their type's zero.
  public init(key: String = "", value: String = "") {
    self.key = key
    self.value = value
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__Label: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__label__init(message) }
}

extension Label: ProtobufMessage {
  init(reading generated: Flotilla__V1__Label) throws(WireError) {
    key = try Field.string(generated.key, "Label.key")
    value = try Field.string(generated.value, "Label.value")
  }

  func write(to generated: inout Flotilla__V1__Label, in arena: MessageArena) {
    if !key.isEmpty { generated.key = arena.string(key) }
    if !value.isEmpty { generated.value = arena.string(value) }
  }
}

/// Where the enrolled cluster lives on the manager.
public struct EnrollResponse: WireMessage, Hashable {
  /// The Cluster's namespace.
  public var clusterNamespace: String
  /// The Cluster's name.
  public var clusterName: String
  /// `namespace/name` of the ClusterRegistration that waits for an approval; empty once there is a cluster.
  public var pending: String
  /// The manager's clock, in milliseconds since 1970; 0 where it does not say.
  public var timeMs: UInt64
  /// The 32 bytes of the public key that the manager is going to have; empty while none is foreseen.
  public var nextManagerKey: [UInt8]

  /// Makes a message; fields left out have their type's zero.
  public init(
    clusterNamespace: String = "", clusterName: String = "", pending: String = "", timeMs: UInt64 = 0,
    nextManagerKey: [UInt8] = []
  ) {
    self.clusterNamespace = clusterNamespace
    self.clusterName = clusterName
    self.pending = pending
    self.timeMs = timeMs
    self.nextManagerKey = nextManagerKey
  }

  /// Reads the protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  /// The protobuf encoding.
  public func encoded() -> [UInt8] { Protobuf.encode(self) }
}

extension Flotilla__V1__EnrollResponse: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__enroll_response__init(message) }
}

extension EnrollResponse: ProtobufMessage {
  init(reading generated: Flotilla__V1__EnrollResponse) throws(WireError) {
    clusterNamespace = try Field.string(generated.cluster_namespace, "EnrollResponse.cluster_namespace")
    clusterName = try Field.string(generated.cluster_name, "EnrollResponse.cluster_name")
    pending = try Field.string(generated.pending, "EnrollResponse.pending")
    timeMs = generated.time_ms
    nextManagerKey = Field.bytes(generated.next_manager_key)
  }

  func write(to generated: inout Flotilla__V1__EnrollResponse, in arena: MessageArena) {
    if !clusterNamespace.isEmpty { generated.cluster_namespace = arena.string(clusterNamespace) }
    if !clusterName.isEmpty { generated.cluster_name = arena.string(clusterName) }
    if !pending.isEmpty { generated.pending = arena.string(pending) }
    generated.time_ms = timeMs
    generated.next_manager_key = arena.bytes(nextManagerKey)
  }
}
