import Document

/// What a Cluster wants (fleet-behaviour §1.5). Fields about the agent's pod are kept as they are.
public struct ClusterSpec: FleetSpec {
  /// Stage changes for this cluster without releasing them.
  public var paused = false
  /// By which the agent of this cluster is known when it registers.
  public var clientID = ""
  /// The Secret with a kubeconfig, for a registration that the manager begins.
  public var kubeConfigSecret = ""
  /// The namespace of ``kubeConfigSecret``; the Cluster's when empty.
  public var kubeConfigSecretNamespace = ""
  /// A change of this number installs the agent again.
  public var redeployAgentGeneration: Int64 = 0
  /// The namespace of the agent downstream.
  public var agentNamespace = ""
  /// What `.ClusterValues` is in templates; null when there are none.
  public var templateValues: Value = .null
  /// All other fields, such as `agentEnvVars` and `agentTolerations`.
  public var other: [String: Value] = [:]

  /// A spec with every field at its default.
  public init() {}

  /// Reads a spec; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "spec")
    paused = try reader.flag("paused")
    clientID = try reader.text("clientID")
    kubeConfigSecret = try reader.text("kubeConfigSecret")
    kubeConfigSecretNamespace = try reader.text("kubeConfigSecretNamespace")
    redeployAgentGeneration = try reader.integer("redeployAgentGeneration") ?? 0
    agentNamespace = try reader.text("agentNamespace")
    templateValues = try reader.nonEmptyTree("templateValues") ?? .null
    let known: Set = [
      "paused", "clientID", "kubeConfigSecret", "kubeConfigSecretNamespace", "redeployAgentGeneration",
      "agentNamespace", "templateValues",
    ]
    other = reader.fields.filter { !known.contains($0.key) && !$0.value.isNull }
  }

  /// The spec as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    for (key, value) in other { writer.set(key, value) }
    writer.set("paused", paused)
    writer.set("clientID", clientID)
    writer.set("kubeConfigSecret", kubeConfigSecret)
    writer.set("kubeConfigSecretNamespace", kubeConfigSecretNamespace)
    writer.set("redeployAgentGeneration", redeployAgentGeneration)
    writer.set("agentNamespace", agentNamespace)
    writer.setObject("templateValues", templateValues)
    return writer.value
  }
}

/// A downstream cluster.
public struct Cluster: FleetResource {
  /// The kind's name.
  public static let kind = "Cluster"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ClusterSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A Cluster.
  public init(metadata: ObjectMeta, spec: ClusterSpec = ClusterSpec(), status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// The namespace on the manager that holds its BundleDeployments; nil until the manager has made it.
  public var clusterNamespace: String? {
    guard let namespace = status["namespace"]?.string, !namespace.isEmpty else { return nil }
    return namespace
  }

  /// The namespace that this cluster is to have, see ``Names/clusterNamespace(registrationNamespace:cluster:)``.
  public var expectedClusterNamespace: String {
    Names.clusterNamespace(registrationNamespace: metadata.namespace, cluster: metadata.name)
  }

  /// The identity of its agent on the bus: `namespace/name`.
  public var identity: String { metadata.key }

  /// When its agent was last heard of.
  public var lastSeen: Timestamp? { status.at("agent", "lastSeen")?.string.flatMap { Timestamp($0) } }
}

/// What a ClusterGroup wants (fleet-behaviour §1.6).
public struct ClusterGroupSpec: FleetSpec {
  /// Which clusters of the namespace are in the group; nil means none, `{}` all.
  public var selector: SelectorSpec?

  /// A spec that selects nothing.
  public init() {}

  /// Reads a spec.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when the selector is not valid.
  public init(_ value: Value?) throws(FleetError) {
    selector = try FieldReader(value, path: "spec").selector("selector")
  }

  /// The spec as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("selector", selector?.value)
    return writer.value
  }
}

/// A named set of clusters.
public struct ClusterGroup: FleetResource {
  /// The kind's name.
  public static let kind = "ClusterGroup"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ClusterGroupSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A ClusterGroup.
  public init(metadata: ObjectMeta, spec: ClusterGroupSpec = ClusterGroupSpec(), status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}
