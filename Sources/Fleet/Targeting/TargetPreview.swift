import Document

/// What a bundle would be on every cluster: the same decisions, ids and objects that the manager makes, without one.
public struct TargetPreview: Sendable {
  /// What one cluster gets.
  public enum Outcome: Sendable {
    /// This deployment, by these entries of `spec.targets`: the target, then customisations.
    case deployed(BundleDeployment, by: [String])
    /// Nothing, for these reasons.
    case skipped([String])
    /// It is targeted by these entries, but its values cannot be made.
    case failed(FleetError, by: [String])
  }

  /// A cluster and what it gets.
  public struct Entry: Sendable {
    /// The cluster.
    public let cluster: Cluster
    /// The names of the groups it is in.
    public let groups: [String]
    /// What it gets.
    public let outcome: Outcome
  }

  /// The bundle.
  public let bundle: Bundle
  /// Its files.
  public let manifest: Manifest
  /// Every cluster that the bundle may reach, sorted by namespace and name.
  public let entries: [Entry]

  /// Targets a bundle, and makes its deployments (fleet-behaviour §3.2 to §3.6).
  ///
  /// - Parameter engine: what renders `${ }` templates in values.
  public static func make(
    _ bundle: Bundle, inventory: TargetInventory, engine: (any ValueTemplateEngine)?
  ) async -> TargetPreview {
    let manifest = bundle.manifest
    let manifestID = manifest.id
    var planner = DeploymentPlanner(spec: bundle.spec, manifestID: manifestID, engine: engine)
    let allGroups = inventory.groups.map { TargetGroup($0) }
    var entries: [Entry] = []
    for cluster in inventory.candidates(for: bundle) {
      let target = TargetCluster(cluster)
      let groups = Targeting.groups(of: target, among: allGroups)
      let names =
        planner.targeting.decide(target, groups: groups).match.map { planner.targeting.names(of: $0) } ?? []
      let outcome: Outcome =
        switch await planner.plan(target, groups: groups) {
        case .none(.doNotDeploy(let name)): .skipped(["\(name): doNotDeploy"])
        case .none: .skipped(TargetExplanation.reasons(bundle.spec, cluster: target, groups: groups))
        case .failed(let error): .failed(error, by: names)
        case .version(let version):
          .deployed(
            deployment(of: bundle, version: version, on: target, manifestID: manifestID), by: names)
        }
      entries.append(Entry(cluster: cluster, groups: groups.map(\.name).sorted(), outcome: outcome))
    }
    return TargetPreview(bundle: bundle, manifest: manifest, entries: entries)
  }

  private static func deployment(
    of bundle: Bundle, version: DeploymentVersion, on cluster: TargetCluster, manifestID: String
  ) -> BundleDeployment {
    var spec = BundleDeploymentSpec()
    spec.paused = bundle.spec.paused || cluster.paused
    spec.options = version.options
    spec.stagedOptions = version.options
    spec.deploymentID = version.deploymentID
    spec.stagedDeploymentID = version.deploymentID
    spec.dependsOn = bundle.spec.dependsOn
    spec.correctDrift = version.options.correctDrift
    let metadata = ObjectMeta(
      name: bundle.metadata.name, namespace: cluster.clusterNamespace,
      labels: BundleDeployment.labels(bundle: bundle, cluster: cluster, manifestID: manifestID))
    return BundleDeployment(metadata: metadata, spec: spec)
  }

  /// The Content object, then one BundleDeployment for each cluster that gets the bundle.
  ///
  /// - Throws: ``FleetError`` when zlib fails.
  public func documents() throws(FleetError) -> [Value] {
    var documents = [try ContentDocument.make(manifest)]
    for case .deployed(let deployment, _) in entries.map(\.outcome) { documents.append(deployment.value) }
    return documents
  }
}
