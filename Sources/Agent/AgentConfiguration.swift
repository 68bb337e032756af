import Document
import Fleet
import HelmEngine
import Wire

/// What an agent is started with.
public struct AgentConfiguration: Sendable {
  /// Where the cluster's API server and the credentials for it come from.
  public enum Cluster: Sendable, Hashable {
    /// A kubeconfig file; its current context is taken.
    case kubeconfig(path: String)
    /// A kubeconfig's text; its current context is taken.
    case kubeconfigText(String)
    /// The service account of the pod that the agent runs in.
    case inCluster
  }

  /// How the agent gets to its manager.
  public enum Manager: Sendable {
    /// By registration values: it enrols with their token unless the state directory is enrolled already.
    case registration(AgentValues)
    /// It is enrolled, under a key pair that the caller keeps: for an agent inside the manager's process, whose key the
    /// manager has put into its directory itself.
    case enrolled(EnrollmentRecord, CurveKeyPair)
  }

  /// How the agent gets to its manager.
  public var manager: Manager
  /// The cluster.
  public var cluster: Cluster
  /// The directory of everything durable; made where it is missing. One agent's own.
  public var stateDirectory: String
  /// Where the agent runs in its cluster; noted in every release.
  public var agentNamespace: String
  /// The agent's version, shown on the manager.
  public var agentVersion: String
  /// How many deployments are worked on at the same time, at most `AgentLimits.concurrentDeploymentsMaximum`.
  public var concurrentDeployments: Int
  /// How old the agent's key may become before it is changed; nil for as old as it likes.
  public var keyMaxAge: Duration?
  /// The file of Helm's library; nil takes `HelmLibrary.load`'s default.
  public var helmLibrary: String?
  /// The program of the children in which Helm works; nil has it in the agent's own process.
  public var helmWorker: HelmWorkerCommand?

  /// The Secret of the agent's namespace that keeps its key besides the state directory; nil for none.
  public var identitySecret: String?
  /// Where `/livez`, `/readyz` and `/metrics` are answered, to anybody who can reach it; nil for nowhere.
  public var healthAddress: (host: String, port: Int)?

  /// Makes a configuration. `agentNamespace` nil takes that of the registration values, or the usual one.
  public init(
    manager: Manager, cluster: Cluster, stateDirectory: String, agentNamespace: String? = nil,
    agentVersion: String = "",
    concurrentDeployments: Int = AgentLimits.concurrentDeployments, helmLibrary: String? = nil,
    helmWorker: HelmWorkerCommand? = nil
  ) {
    self.manager = manager
    self.cluster = cluster
    self.stateDirectory = stateDirectory
    self.agentVersion = agentVersion
    self.concurrentDeployments = concurrentDeployments
    self.helmLibrary = helmLibrary
    self.helmWorker = helmWorker
    switch manager {
    case .registration(let values): self.agentNamespace = agentNamespace ?? values.agentNamespace
    case .enrolled: self.agentNamespace = agentNamespace ?? RegistrationValues.defaultAgentNamespace
    }
  }
}

extension AgentConfiguration {
  /// The public part of the values' token; empty where there is none.
  var tokenID: String {
    if case .registration(let values) = manager { values.registration?.token.id ?? "" } else { "" }
  }
}

/// The values file of an agent: registration values, whose token may be missing once the agent is enrolled.
public struct AgentValues: Sendable {
  /// The registration values; nil in a file without a token.
  public let registration: RegistrationValues?
  /// Where the manager's bus is; empty in a file that does not say.
  public let managerEndpoints: [String]
  /// Where the agent runs in its cluster.
  public let agentNamespace: String

  /// Values that are at hand.
  public init(_ registration: RegistrationValues) {
    self.registration = registration
    managerEndpoints = registration.managerEndpoints
    agentNamespace = registration.agentNamespace
  }

  /// Reads a values file.
  ///
  /// - Throws: `FleetError` with code `invalidRegistration` that names file, line and key.
  public init(parsing bytes: [UInt8], file: String) throws(FleetError) {
    let limits = DocumentLimits(bytes: AgentLimits.valuesBytes)
    guard let documents = try? YAML.parse(bytes, file: file, limits: limits), documents.count == 1,
      let root = documents.first, root.object != nil,
      root["token"] == nil || root["token"] == .null || root["token"] == ""
    else {
      self.init(try RegistrationValues(parsing: bytes, file: file))
      return
    }
    self.init(
      managerEndpoints: (root["managerEndpoint"]?.string.map { [$0] } ?? [])
        + (root["managerEndpoints"]?.array ?? []).compactMap(\.string),
      agentNamespace: root["agentNamespace"]?.string ?? root.at("internal", "systemNamespace")?.string
        ?? RegistrationValues.defaultAgentNamespace)
  }

  private init(managerEndpoints: [String], agentNamespace: String) {
    registration = nil
    self.managerEndpoints = managerEndpoints
    self.agentNamespace = agentNamespace
  }
}
