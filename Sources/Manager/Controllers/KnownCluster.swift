import Fleet

/// A Cluster as the catalog knows it: what targeting looks at, and nothing of what is long and of no concern to it.
///
/// A class, because each evaluation of a bundle hands on all of them.
final class KnownCluster: Sendable {
  /// The cluster as targeting sees it, in the namespace that its deployments have or are going to have.
  let target: TargetCluster
  /// Whether that namespace has been made.
  let hasNamespace: Bool
  /// Whether the Cluster is being deleted.
  let isDeleting: Bool
  /// By which its agent is known when it registers again; empty where it is not.
  let clientID: String

  init(_ cluster: Cluster) {
    target = TargetCluster(cluster)
    hasNamespace = cluster.clusterNamespace != nil
    isDeleting = cluster.metadata.isDeleting
    clientID = cluster.spec.clientID
  }

  /// The namespace of its deployments.
  var namespace: String { target.clusterNamespace }
  /// The cluster for targeting; nil while it gets nothing, whatever the bundles say.
  var effectiveTarget: TargetCluster? { hasNamespace && !isDeleting ? target : nil }
}
