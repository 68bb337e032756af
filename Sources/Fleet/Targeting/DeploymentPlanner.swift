import Document

/// A version of a bundle for one cluster, or for all clusters that get the same one.
public final class DeploymentVersion: Sendable {
  /// The options to deploy with.
  public let options: BundleDeploymentOptions
  /// The version's id.
  public let deploymentID: String

  init(options: BundleDeploymentOptions, manifestID: String) {
    self.options = options
    deploymentID = DeploymentID.make(manifestID: manifestID, options: options)
  }
}

/// What a cluster gets of a bundle.
public enum ClusterPlan: Sendable {
  /// Nothing; the reason is for people.
  case none(TargetDecision)
  /// This version.
  case version(DeploymentVersion)
  /// It is targeted, but its values cannot be made. The error concerns this cluster alone.
  case failed(FleetError)
}

/// Plans one version of a bundle for many clusters. Options are merged and hashed once for all clusters with the same
/// match, and once per cluster only where values differ by cluster.
public struct DeploymentPlanner {
  /// Which clusters get the bundle.
  public let targeting: Targeting
  private let manifestID: String
  private let engine: (any ValueTemplateEngine)?
  private var shared: [TargetMatch: Entry] = [:]

  private enum Entry {
    case constant(DeploymentVersion)
    case perCluster(BundleDeploymentOptions)
  }

  /// A planner for a bundle whose files have this id.
  public init(spec: BundleSpec, manifestID: String, engine: (any ValueTemplateEngine)? = nil) {
    targeting = Targeting(spec)
    self.manifestID = manifestID
    self.engine = engine
  }

  /// What a cluster gets; `groups` are those it is in.
  public mutating func plan(_ cluster: TargetCluster, groups: [TargetGroup]) async -> ClusterPlan {
    let decision = targeting.decide(cluster, groups: groups)
    guard let match = decision.match else { return .none(decision) }
    switch entry(for: match) {
    case .constant(let version): return .version(version)
    case .perCluster(let options):
      do {
        let resolved = try await ValueTemplating.resolve(options, cluster: cluster, engine: engine)
        return .version(DeploymentVersion(options: resolved, manifestID: manifestID))
      } catch {
        return .failed(error)
      }
    }
  }

  private mutating func entry(for match: TargetMatch) -> Entry {
    if let entry = shared[match] { return entry }
    var options = targeting.options(for: match)
    // Merged into the values when the bundle was made.
    options.helm?.valuesFiles = []
    let entry: Entry =
      ValueTemplating.isConstant(options)
      ? .constant(DeploymentVersion(options: options, manifestID: manifestID)) : .perCluster(options)
    shared[match] = entry
    return entry
  }
}
