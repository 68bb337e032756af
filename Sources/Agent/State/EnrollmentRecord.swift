import Document
import Wire

/// What an agent knows of its manager after enrolment; from then on the join token is not needed again.
public struct EnrollmentRecord: Sendable, Hashable {
  /// The namespace of the Cluster object on the manager.
  public var clusterNamespace: String
  /// The name of the Cluster object on the manager.
  public var clusterName: String
  /// Who the manager is. The agent talks to nobody else.
  public var managerPublicKey: CurvePublicKey
  /// Where the manager listens, in the order in which they are tried.
  public var endpoints: [String]

  /// Makes a record.
  public init(clusterNamespace: String, clusterName: String, managerPublicKey: CurvePublicKey, endpoints: [String]) {
    self.clusterNamespace = clusterNamespace
    self.clusterName = clusterName
    self.managerPublicKey = managerPublicKey
    self.endpoints = endpoints
  }

  /// `namespace/name` of the Cluster on the manager.
  public var cluster: String { "\(clusterNamespace)/\(clusterName)" }

  init?(_ value: Value) {
    guard let namespace = value["clusterNamespace"]?.string, let name = value["clusterName"]?.string,
      let text = value["managerPublicKey"]?.string, let key = try? CurvePublicKey(z85: text),
      let endpoints = value["endpoints"]?.array
    else { return nil }
    clusterNamespace = namespace
    clusterName = name
    managerPublicKey = key
    self.endpoints = endpoints.compactMap(\.string)
  }

  var value: Value {
    [
      "clusterNamespace": .string(clusterNamespace), "clusterName": .string(clusterName),
      "managerPublicKey": .string(managerPublicKey.z85), "endpoints": .array(endpoints.map(Value.string)),
    ]
  }
}
