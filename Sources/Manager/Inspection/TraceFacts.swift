import Document
import Fleet

/// Everything that a trace is made of, read at one moment.
struct TraceFacts: Sendable {
  /// Where the cluster's agent is.
  enum Agent: Sendable, Hashable {
    /// Connected; what its session knows of the deployment.
    case connected(DeliveryFacts)
    /// Not connected.
    case away
  }

  /// The bundle, without its files.
  var bundle: Bundle
  /// Where its files are; nil where it has none.
  var content: StoredContent?
  /// The GitRepo that the bundle's label names; nil where there is none.
  var gitRepo: GitRepo?
  var cluster: Cluster
  /// The groups that the cluster is in.
  var groups: [TargetGroup] = []
  /// Whether the bundle may reach clusters of that namespace at all.
  var isCandidate = true
  /// What the cluster has of the bundle; nil where there is no deployment.
  var record: DeploymentRecord?
  /// Another bundle that has the place of the deployment.
  var occupant: ObjectName?
  /// What the agent reported last; nil before the first report.
  var status: BundleDeploymentStatus?
  var agent = Agent.away
  /// When this manager began to know of sessions.
  var managerStarted: Timestamp

  /// Why the agent is not there, in words.
  var absence: String {
    guard let seen = cluster.lastSeen else { return "no agent of cluster \(cluster.metadata.key) has ever connected" }
    return "cluster \(cluster.metadata.key) is offline: its agent was last seen at \(seen)"
  }
}
