/// Names under which the manager keeps objects in the store: the plural and the group, as `kubectl api-resources` shows them.
enum StoredKind {
  static let gitRepos = "gitrepos.fleet.cattle.io"
  static let bundles = "bundles.fleet.cattle.io"
  static let bundleDeployments = "bundledeployments.fleet.cattle.io"
  static let clusters = "clusters.fleet.cattle.io"
  static let clusterGroups = "clustergroups.fleet.cattle.io"
  static let clusterRegistrations = "clusterregistrations.fleet.cattle.io"
  static let clusterRegistrationTokens = "clusterregistrationtokens.fleet.cattle.io"
  static let bundleNamespaceMappings = "bundlenamespacemappings.fleet.cattle.io"
  static let contents = "contents.fleet.cattle.io"
  static let namespaces = "namespaces"
  static let secrets = "secrets"
  static let configMaps = "configmaps"
  static let events = "events"

  /// What agents reported, one per BundleDeployment and under its key; never served on its own.
  static let deploymentStatuses = "deploymentstatuses.flotilla.internal"
  /// Versions that agents refused, one per BundleDeployment and under its key; never served.
  static let refusals = "refusals.flotilla.internal"
  /// Hashes of join tokens by token id; never served.
  static let joinTokens = "jointokens.flotilla.internal"
  /// Enrolled agents' public keys; never served.
  static let agentKeys = "agentkeys.flotilla.internal"
  /// What agents the manager itself installed, by cluster; never served.
  static let agentImports = "agentimports.flotilla.internal"
  /// Keys that stay refused although their Clusters are gone; never served.
  static let revokedKeys = "revokedkeys.flotilla.internal"
  /// Keys of agents that wait for an approval, and the ClusterRegistrations that they wait with; never served.
  static let waitingKeys = "waitingkeys.flotilla.internal"
  /// The starts of managers on this store; never served.
  static let lineage = "lineage.flotilla.internal"
}
