import Fleet
import HelmEngine

/// What is taken off a cluster when a deployment goes.
struct Removal: Sendable, Hashable {
  /// The releases that may be there because of it.
  var releases: [ReleaseIdentity]
  /// Leave the objects, and remove only Helm's records of them.
  var keepsResources = false
  /// Objects that another deployment takes over.
  var sparing: Set<TakenObject> = []
  /// The bundle whose copies of Secrets and ConfigMaps go too; nil where none were made.
  var copiesOf: String?
  /// Namespaces that go with what is in them.
  var namespaces: Set<String> = []
}

/// Which namespaces `deleteNamespace` never takes away (fleet-behaviour §5.12).
enum ProtectedNamespaces {
  private static let names: Set = [
    "default", "fleet-local", "fleet-default", "cattle-fleet-system", "cattle-fleet-clusters-system",
  ]

  /// Whether a namespace stays whatever a bundle asks for: Fleet's and Kubernetes' own, and the agent's.
  static func contains(_ namespace: String, agentNamespace: String) -> Bool {
    names.contains(namespace) || namespace.hasPrefix("kube-") || namespace == agentNamespace
  }
}
