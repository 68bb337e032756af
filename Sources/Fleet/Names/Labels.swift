/// Labels, annotations, finalizers and secret types (fleet-behaviour §1.13).
public enum FleetLabels {
  /// The prefix of all labels and annotations of ours.
  public static let prefix = "fleet.cattle.io/"
  /// The commit that a bundle was made from.
  public static let commit = "fleet.cattle.io/commit"
  /// The GitRepo that a bundle comes from.
  public static let repoName = "fleet.cattle.io/repo-name"
  /// The bundle that a BundleDeployment belongs to.
  public static let bundleName = "fleet.cattle.io/bundle-name"
  /// The namespace of the bundle that a BundleDeployment belongs to.
  public static let bundleNamespace = "fleet.cattle.io/bundle-namespace"
  /// The cluster's name, on BundleDeployments and on registered Clusters.
  public static let cluster = "fleet.cattle.io/cluster"
  /// The cluster's registration namespace.
  public static let clusterNamespace = "fleet.cattle.io/cluster-namespace"
  /// Marks what the manager makes and removes itself.
  public static let managed = "fleet.cattle.io/managed"
  /// The content that a BundleDeployment refers to.
  public static let contentName = "fleet.cattle.io/content-name"
  /// The registration token that a ClusterRegistration came with.
  public static let registrationToken = "fleet.cattle.io/registration-token"
  /// The agent that created a ClusterRegistration.
  public static let createdByAgentPod = "fleet.cattle.io/created-by-agent-pod"
  /// Marks copies of Secrets and ConfigMaps on a downstream cluster.
  public static let bundleDeployment = "fleet.cattle.io/bundledeployment"
  /// Another name under which a cluster can be targeted.
  public static let clusterDisplayName = "management.cattle.io/cluster-display-name"
  /// The hash of the set that a deployed object belongs to.
  public static let objectSetHash = "objectset.rio.cattle.io/hash"
  /// The name of the set that a deployed object belongs to (an annotation).
  public static let objectSetID = "objectset.rio.cattle.io/id"
  /// Tells Helm to keep an object when its release goes (an annotation).
  public static let helmResourcePolicy = "helm.sh/resource-policy"

  /// A cluster's or bundle's labels without those of Kubernetes and Rancher tooling, keeping the ones that Fleet
  /// and Rancher management set on purpose (fleet-behaviour §3.5).
  public static func cleaned(_ labels: [String: String]) -> [String: String] {
    labels.filter { key, _ in
      key.hasPrefix(prefix) || key.hasPrefix("management.cattle.io/") || !isNoise(key)
    }
  }

  /// A cluster's annotations without those of Kubernetes and Rancher tooling (fleet-behaviour §3.5).
  public static func cleanedAnnotations(_ annotations: [String: String]) -> [String: String] {
    annotations.filter { key, _ in !isNoise(key) }
  }

  /// Labels that an agent brings with its registration, without reserved prefixes (fleet-behaviour §6.2).
  public static func registration(_ labels: [String: String]) -> [String: String] {
    labels.filter { key, _ in
      key == createdByAgentPod || !(key.hasPrefix(prefix) || key.hasPrefix("management.cattle.io/"))
    }
  }

  private static func isNoise(_ key: String) -> Bool {
    key.contains("cattle.io/") || key.hasPrefix("kubectl.kubernetes.io/")
  }
}

/// Finalizers by which the manager holds an object until what depends on it is gone.
public enum FleetFinalizers {
  /// On GitRepos, until their bundles are gone.
  public static let gitRepo = "fleet.cattle.io/gitrepo-finalizer"
  /// On Bundles, until their BundleDeployments are gone.
  public static let bundle = "fleet.cattle.io/bundle-finalizer"
  /// On BundleDeployments, until the agent has uninstalled them.
  public static let bundleDeployment = "fleet.cattle.io/bundle-deployment-finalizer"
  /// On Clusters, until their namespace is gone.
  public static let cluster = "fleet.cattle.io/cluster-finalizer"
}

/// Types of Secrets that belong to Fleet.
public enum FleetSecretTypes {
  /// What a new agent needs, under the key `values`.
  public static let registrationValues = "fleet.cattle.io/cluster-registration-values"
  /// Helm values cut out of a Bundle.
  public static let bundleValues = "fleet.cattle.io/bundle-values/v1alpha1"
  /// Helm values cut out of a BundleDeployment.
  public static let bundleDeployment = "fleet.cattle.io/bundle-deployment/v1alpha1"
}
