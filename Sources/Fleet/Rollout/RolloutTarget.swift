/// What a rollout has to know of one targeted cluster.
public struct RolloutTarget: Sendable, Hashable {
  /// What exists of the bundle on the cluster.
  public struct Existing: Sendable, Hashable {
    /// The id of the version that was last staged.
    public var stagedID: String
    /// The id of the version that the agent is to deploy.
    public var deploymentID: String
    /// The id of the version that the agent has deployed; empty before its first report.
    public var appliedID: String
    /// Whether every deployed object is ready.
    public var ready: Bool

    /// What exists.
    public init(stagedID: String, deploymentID: String, appliedID: String, ready: Bool) {
      self.stagedID = stagedID
      self.deploymentID = deploymentID
      self.appliedID = appliedID
      self.ready = ready
    }

    /// Whether the cluster counts against `maxUnavailable`: the agent has not deployed what it is to, or it is not ready.
    public var isUnavailable: Bool { appliedID != deploymentID || !ready }
  }

  /// The cluster; for manual partitions, and `namespace/name` gives the order.
  public var cluster: TargetCluster
  /// The groups that the cluster is in; needed for manual partitions only.
  public var groups: [TargetGroup]
  /// The id of the newest version for the cluster.
  public var newestID: String
  /// What exists; nil before the BundleDeployment is made.
  public var existing: Existing?
  /// Whether changes are held back: the bundle or the cluster is paused.
  public var paused: Bool

  /// A target.
  public init(
    cluster: TargetCluster, groups: [TargetGroup] = [], newestID: String, existing: Existing? = nil,
    paused: Bool = false
  ) {
    self.cluster = cluster
    self.groups = groups
    self.newestID = newestID
    self.existing = existing
    self.paused = paused
  }

  var isUpToDate: Bool {
    guard let existing else { return false }
    return existing.stagedID == newestID && existing.deploymentID == newestID && existing.appliedID == newestID
  }
}
