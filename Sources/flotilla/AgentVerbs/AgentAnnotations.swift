import Document
import Fleet
import KubeClient

/// The annotations by which the manager is told about agents; `kubectl annotate` does the same.
enum AgentAnnotations {
  /// On a Cluster: its agent is refused; the value is the reason.
  static let revoked = "flotilla.io/revoked"
  /// On a Cluster: its agent shall change its key.
  static let rotateKey = "flotilla.io/rotate-key"
  /// On a ClusterRegistration: `true` lets its agent in, `false` does not.
  static let approved = "flotilla.io/approved"
  /// On a ClusterRegistration: the key that asks.
  static let key = "flotilla.io/agent-key"
}

extension ManagerAPI {
  /// Sets an annotation of an object, or takes it off.
  func annotate(_ kind: FleetKind, namespace: String, name: String, _ annotation: String, _ text: String?) async throws
  {
    let value: Value = text.map { .string($0) } ?? .null
    _ = try await client.patch(
      Self.resource(kind), namespace: namespace, name: name, ["metadata": ["annotations": [annotation: value]]],
      type: .merge)
  }

  /// Looks at an object until it is as it should be; throws what it is like at the end.
  func wait(
    for kind: FleetKind, namespace: String, name: String, within limit: Duration, _ what: String,
    _ isDone: (Value) -> Bool
  ) async throws {
    let end = ContinuousClock.now + limit
    while true {
      guard let object = try await object(Self.resource(kind), namespace: namespace, name: name) else {
        throw CommandError("\(kind.singular) \(namespace)/\(name) is gone")
      }
      if isDone(object) { return }
      guard ContinuousClock.now < end else { throw CommandError(what) }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
