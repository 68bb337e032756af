/// One RPC method: its name on the wire and the types of its messages.
public struct Method<Request: WireMessage, Response: WireMessage>: Sendable {
  /// "flotilla.v1.Service/Method".
  public let name: String

  /// Names a method.
  public init(_ name: String) { self.name = name }
}

/// `Enrollment` of `Proto/flotilla/v1/enrollment.proto`.
public enum Enrollment {
  /// Unary; the one method that a key which is not enrolled may call.
  public static let enroll = Method<EnrollRequest, EnrollResponse>("flotilla.v1.Enrollment/Enroll")
}

/// `Delivery` of `Proto/flotilla/v1/delivery.proto`.
public enum Delivery {
  /// Bidirectional; the persistent stream of an agent.
  public static let session = Method<AgentMessage, ManagerMessage>("flotilla.v1.Delivery/Session")
}

/// `Content` of `Proto/flotilla/v1/content.proto`.
public enum Content {
  /// Server streaming; a content-addressed blob in chunks.
  public static let fetch = Method<FetchRequest, FetchChunk>("flotilla.v1.Content/Fetch")
}

/// `Keys` of `Proto/flotilla/v1/keys.proto`: called by agents that change their key.
public enum Keys {
  /// Unary; the caller is going to use the key in the request, and both are let in from now on.
  public static let announce = Method<KeyChange, KeyChange>("flotilla.v1.Keys/Announce")
  /// Unary; called with the announced key, which takes the place of the one before.
  public static let activate = Method<KeyChange, KeyChange>("flotilla.v1.Keys/Activate")
  /// Unary; the caller knows this next key of the manager's, durably.
  public static let nextManagerKey = Method<KeyChange, KeyChange>("flotilla.v1.Keys/NextManagerKey")
}

/// `Cluster` of `Proto/flotilla/v1/cluster.proto`: served by agents, called by the manager.
public enum ClusterService {
  /// Unary; how the live objects of a deployment differ from what was deployed.
  public static let diff = Method<DiffRequest, DiffResponse>("flotilla.v1.Cluster/Diff")
  /// Unary; the agent changes its key, and answers with the new one once it is in use.
  public static let rotateKey = Method<KeyChange, KeyChange>("flotilla.v1.Cluster/RotateKey")
}

/// Entries that travel with the opening of a stream: at most `WireLimits.metadataEntries`, each value at most
/// `WireLimits.metadataBytes`.
public typealias RPCMetadata = [String: [UInt8]]
