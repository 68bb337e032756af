import Document

/// What targeting has to know of a cluster.
public struct TargetCluster: Sendable, Hashable {
  /// The Cluster's name.
  public var name: String
  /// The namespace that it is registered in.
  public var namespace: String
  /// The Cluster's labels.
  public var labels: [String: String]
  /// The Cluster's annotations.
  public var annotations: [String: String]
  /// The namespace that holds its BundleDeployments.
  public var clusterNamespace: String
  /// What `.ClusterValues` is in templates; null when there are none.
  public var templateValues: Value
  /// Whether changes are held back for this cluster.
  public var paused: Bool

  /// A cluster.
  public init(
    name: String, namespace: String, labels: [String: String] = [:], annotations: [String: String] = [:],
    clusterNamespace: String? = nil, templateValues: Value = .null, paused: Bool = false
  ) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
    self.clusterNamespace =
      clusterNamespace ?? Names.clusterNamespace(registrationNamespace: namespace, cluster: name)
    self.templateValues = templateValues
    self.paused = paused
  }

  /// What targeting has to know of a Cluster object.
  public init(_ cluster: Cluster) {
    self.init(
      name: cluster.metadata.name, namespace: cluster.metadata.namespace, labels: cluster.metadata.labels,
      annotations: cluster.metadata.annotations, clusterNamespace: cluster.clusterNamespace,
      templateValues: cluster.spec.templateValues, paused: cluster.spec.paused)
  }

  /// `namespace/name`, by which statuses and agents name the cluster.
  public var key: String { "\(namespace)/\(name)" }
}

/// What targeting has to know of a group of clusters.
public struct TargetGroup: Sendable, Hashable {
  /// The ClusterGroup's name.
  public var name: String
  /// Its namespace; only clusters of the same one can be in it.
  public var namespace: String
  /// Its labels.
  public var labels: [String: String]
  /// Which clusters are in it; nil means none.
  public var selector: SelectorSpec?

  /// A group.
  public init(name: String, namespace: String, labels: [String: String] = [:], selector: SelectorSpec? = nil) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.selector = selector
  }

  /// What targeting has to know of a ClusterGroup object.
  public init(_ group: ClusterGroup) {
    self.init(
      name: group.metadata.name, namespace: group.metadata.namespace, labels: group.metadata.labels,
      selector: group.spec.selector)
  }

  /// Whether a cluster is in the group.
  public func contains(_ cluster: TargetCluster) -> Bool {
    cluster.namespace == namespace && (selector?.matches(cluster.labels) ?? false)
  }
}

extension TargetCriteria {
  /// Whether all given criteria hold for a cluster, those about groups for this one group.
  func matches(_ cluster: TargetCluster, group: TargetGroup?) -> Bool {
    if isEmpty { return false }
    if !clusterName.isEmpty, clusterName != cluster.name,
      clusterName != cluster.labels[FleetLabels.clusterDisplayName]
    {
      return false
    }
    if !clusterGroup.isEmpty, clusterGroup != group?.name { return false }
    if let clusterGroupSelector {
      guard let group, clusterGroupSelector.matches(group.labels) else { return false }
    }
    return clusterSelector?.matches(cluster.labels) ?? true
  }

  /// Whether all given criteria hold for a cluster with some one of its groups, or with none.
  public func matches(_ cluster: TargetCluster, groups: [TargetGroup]) -> Bool {
    matches(cluster, group: nil) || groups.contains { matches(cluster, group: $0) }
  }
}
