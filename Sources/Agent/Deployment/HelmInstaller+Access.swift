import Document
import Fleet
import HelmEngine

extension HelmInstaller {
  /// With whose rights a bundle is deployed.
  struct Access {
    let engine: HelmEngine
    let cluster: any ClusterAPI

    /// Runs an operation of Helm's, whose own words for a refusal to act as another user are "cluster unreachable: unknown".
    func perform<Result>(_ body: (HelmEngine) async throws -> Result) async throws -> Result {
      do {
        return try await body(engine)
      } catch let error as HelmError where error.code == .clusterUnreachable {
        _ = try await cluster.kinds(refreshed: true)
        throw error
      }
    }
  }

  /// The account that the agent acts as where a bundle names none, if the cluster has it.
  private static let defaultAccount = "fleet-default"

  /// The rights for a bundle: those of the service account that it names, in the agent's namespace; else those of
  /// `fleet-default` there; else the agent's own (fleet-behaviour §5.6).
  func access(serviceAccount: String) async throws -> Access {
    let name = serviceAccount.isEmpty ? Self.defaultAccount : serviceAccount
    let identity = ObjectIdentity(apiVersion: "v1", kind: "ServiceAccount", namespace: agentNamespace, name: name)
    guard try await cluster.object(identity) != nil else {
      if serviceAccount.isEmpty { return Access(engine: engine, cluster: cluster) }
      throw DeploymentFailure(
        kind: .transient,
        message:
          "service account \(agentNamespace)/\(name) does not exist on downstream cluster: make it, or change serviceAccount"
      )
    }
    var impersonating = connection
    impersonating.impersonatedUser = "system:serviceaccount:\(agentNamespace):\(name)"
    return Access(
      engine: engine.connected(by: impersonating),
      cluster: try cluster.acting(as: "system:serviceaccount:\(agentNamespace):\(name)"))
  }

  /// Refuses what policy forbids, before anything is touched.
  func checkOptions(_ options: BundleDeploymentOptions) async throws {
    guard let selector = options.allowedTargetNamespaceSelector else { return }
    let namespace = ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: options.releaseNamespace)
    guard let live = try await cluster.object(namespace) else {
      throw DeploymentFailure(
        kind: .transient, message: "target namespace \(namespace.name) does not exist on downstream cluster")
    }
    let labels = live.at("metadata", "labels")?.stringMap ?? [:]
    guard selector.matches(labels) else {
      throw DeploymentFailure(
        kind: .transient,
        message: "target namespace \(namespace.name) does not match AllowedTargetNamespaceSelector: selector"
          + " \(selector.selector), labels \(labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))"
      )
    }
  }

  /// Makes a release's namespace as Helm would, where it is missing and the bundle does not forbid it: not one that is there, which would
  /// take the right to change it. Helm itself would read the whole of the API's schema for that, every time.
  func makeNamespace(_ options: BundleDeploymentOptions, with access: Access) async throws {
    guard options.createNamespace ?? true else { return }
    let name = options.releaseNamespace
    let namespace = ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: name)
    guard try await cluster.object(namespace) == nil else { return }
    try await access.cluster.createNamespace(name)
  }

  /// Gives the release's namespace the labels and annotations that the bundle asks for (fleet-behaviour §5.11).
  func setNamespaceMetadata(_ options: BundleDeploymentOptions, with access: Access) async throws {
    guard options.namespaceLabels != nil || options.namespaceAnnotations != nil else { return }
    let identity = ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: options.releaseNamespace)
    guard let live = try await access.cluster.object(identity),
      let patch = NamespaceMetadata.patch(
        live, labels: options.namespaceLabels, annotations: options.namespaceAnnotations)
    else { return }
    try await access.cluster.mergePatch(identity, patch)
  }
}

/// The exact labels and annotations of a namespace.
enum NamespaceMetadata {
  private static let podSecurity = "pod-security.kubernetes.io/"

  /// The merge patch that makes them so; nil where they are. The namespace's own name and its pod security labels stay as
  /// they are, whatever is asked for.
  static func patch(_ live: Value, labels: [String: String]?, annotations: [String: String]?) -> Value? {
    var metadata: Value = [:]
    if let labels {
      let old = live.at("metadata", "labels")?.stringMap ?? [:]
      var new = labels.filter { !$0.key.hasPrefix(podSecurity) }
      for (key, value) in old where key == "kubernetes.io/metadata.name" || key.hasPrefix(podSecurity) {
        new[key] = value
      }
      metadata["labels"] = changes(from: old, to: new)
    }
    if let annotations {
      metadata["annotations"] = changes(from: live.at("metadata", "annotations")?.stringMap ?? [:], to: annotations)
    }
    return metadata == [:] ? nil : ["metadata": metadata]
  }

  private static func changes(from old: [String: String], to new: [String: String]) -> Value? {
    var changes: [String: Value] = [:]
    for key in old.keys where new[key] == nil { changes[key] = .null }
    for (key, value) in new where old[key] != value { changes[key] = .string(value) }
    return changes.isEmpty ? nil : .object(changes)
  }
}
