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
  /// The key that the manager has said it is going to have; accepted as well.
  public var nextManagerKey: CurvePublicKey?
  /// Keys that the manager had before, by which a values file may still name it; the newest last.
  public private(set) var formerManagerKeys: [CurvePublicKey] = []
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

  /// Whether a key is, was or is going to be this manager's.
  public func isOfManager(_ key: CurvePublicKey) -> Bool {
    key == managerPublicKey || key == nextManagerKey || formerManagerKeys.contains(key)
  }

  /// The manager has proved its next key: from now on that is the one.
  mutating func managerChanged() {
    guard let next = nextManagerKey else { return }
    formerManagerKeys = (formerManagerKeys + [managerPublicKey]).suffix(AgentLimits.formerManagerKeys)
    managerPublicKey = next
    nextManagerKey = nil
  }

  init?(_ value: Value) {
    guard let namespace = value["clusterNamespace"]?.string, let name = value["clusterName"]?.string,
      let text = value["managerPublicKey"]?.string, let key = try? CurvePublicKey(z85: text),
      let endpoints = value["endpoints"]?.array
    else { return nil }
    clusterNamespace = namespace
    clusterName = name
    managerPublicKey = key
    self.endpoints = endpoints.compactMap(\.string)
    nextManagerKey = (value["nextManagerPublicKey"]?.string).flatMap { try? CurvePublicKey(z85: $0) }
    formerManagerKeys = (value["formerManagerPublicKeys"]?.array ?? []).compactMap {
      $0.string.flatMap { try? CurvePublicKey(z85: $0) }
    }
  }

  var value: Value {
    var value: Value = [
      "clusterNamespace": .string(clusterNamespace), "clusterName": .string(clusterName),
      "managerPublicKey": .string(managerPublicKey.z85), "endpoints": .array(endpoints.map(Value.string)),
    ]
    if let nextManagerKey { value["nextManagerPublicKey"] = .string(nextManagerKey.z85) }
    if !formerManagerKeys.isEmpty {
      value["formerManagerPublicKeys"] = .array(formerManagerKeys.map { .string($0.z85) })
    }
    return value
  }
}
