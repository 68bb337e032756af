/// What one BundleDeployment contributes to the status of its Bundle, GitRepo, Cluster and ClusterGroups. The manager
/// keeps the last one per deployment, so that a change is the old one removed and the new one added.
public struct DeploymentReport: Sendable, Hashable {
  /// The namespace that the cluster is registered in.
  public var registrationNamespace: String
  /// The cluster's name.
  public var cluster: String
  /// The bundle's namespace.
  public var bundleNamespace: String
  /// The bundle's name.
  public var bundle: String
  /// The GitRepo that the bundle comes from; empty when none.
  public var repo: String
  /// The state.
  public var state: BundleState
  /// What is said about it.
  public var message: String
  /// Objects that differ.
  public var modifiedStatus: [ModifiedStatus]
  /// Objects that are not ready.
  public var nonReadyStatus: [NonReadyStatus]
  /// How many objects are in which state.
  public var resourceCounts: ResourceCounts
  /// When the cluster's agent was last heard of, where it is offline now; empty while it is connected.
  public var offlineSince: String

  /// A report.
  public init(
    registrationNamespace: String, cluster: String, bundleNamespace: String, bundle: String, repo: String = "",
    state: BundleState, message: String = "", modifiedStatus: [ModifiedStatus] = [],
    nonReadyStatus: [NonReadyStatus] = [], resourceCounts: ResourceCounts = ResourceCounts(),
    offlineSince: String = ""
  ) {
    self.registrationNamespace = registrationNamespace
    self.cluster = cluster
    self.bundleNamespace = bundleNamespace
    self.bundle = bundle
    self.repo = repo
    self.state = state
    self.message = message
    self.modifiedStatus = modifiedStatus
    self.nonReadyStatus = nonReadyStatus
    self.resourceCounts = resourceCounts
    self.offlineSince = offlineSince
  }

  /// The report of a deployment with what its agent says.
  public init(
    registrationNamespace: String, cluster: String, bundleNamespace: String, bundle: String, repo: String = "",
    desiredID: String, stagedID: String, status: BundleDeploymentStatus
  ) {
    self.init(
      registrationNamespace: registrationNamespace, cluster: cluster, bundleNamespace: bundleNamespace, bundle: bundle,
      repo: repo, state: status.state(desiredID: desiredID, stagedID: stagedID),
      message: status.message(desiredID: desiredID), modifiedStatus: status.modifiedStatus,
      nonReadyStatus: status.nonReadyStatus, resourceCounts: status.resourceCounts)
  }

  /// `namespace/name` of the cluster.
  public var clusterKey: String { "\(registrationNamespace)/\(cluster)" }
  /// `namespace/name` of the bundle.
  public var bundleKey: String { "\(bundleNamespace)/\(bundle)" }

  /// The place of the report among others: those of clusters that are offline come last, so that they hide nobody.
  func place(_ key: String) -> String { offlineSince.isEmpty ? key : "\u{10FFFF}\(key)" }

  /// The entry under a name, for a summary.
  func entry(named name: String) -> NonReadyResource {
    NonReadyResource(
      name: name, state: state, message: message, modifiedStatus: modifiedStatus, nonReadyStatus: nonReadyStatus)
  }
}
