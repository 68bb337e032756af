import Document

/// What targeting decides for a bundle and a cluster.
public enum TargetDecision: Sendable, Hashable {
  /// No target matches; the reason is for people.
  case notTargeted(String)
  /// A target or customisation says not to deploy here; it is named.
  case doNotDeploy(String)
  /// The cluster gets the bundle.
  case deploy(TargetMatch)

  /// The match, when the cluster gets the bundle.
  public var match: TargetMatch? {
    guard case .deploy(let match) = self else { return nil }
    return match
  }
}

/// By which entries of `spec.targets` a cluster gets a bundle. Clusters with equal matches get equal options, until
/// their values are templated.
public struct TargetMatch: Sendable, Hashable {
  /// The index of the plain target.
  public let target: Int
  /// The indexes of customisations that apply, in order.
  public let customizations: [Int]
}

/// Decides which clusters get a bundle and with which options (fleet-behaviour §3.1 to §3.4). Made once per version of a
/// bundle, then asked for every cluster.
public struct Targeting: Sendable {
  private let targets: [BundleTarget]
  private let restrictions: [GitTarget]
  private let customizationCount: Int
  private let mode: TargetCustomizationMode
  private let base: BundleDeploymentOptions
  /// Whether any entry looks at groups; if none does, one look at the cluster is enough.
  private let asksForGroups: Bool

  /// The targeting of a bundle.
  public init(_ spec: BundleSpec) {
    targets = spec.targets
    restrictions = spec.targetRestrictions
    // The builder puts customisations first and appends the plain targets, of which each is a restriction too.
    customizationCount =
      spec.targetRestrictions.isEmpty ? 0 : max(0, spec.targets.count - spec.targetRestrictions.count)
    mode = spec.targetCustomizationMode
    base = spec.options
    asksForGroups = (targets.map(\.criteria) + restrictions.map(\.criteria)).contains {
      !$0.clusterGroup.isEmpty || $0.clusterGroupSelector != nil
    }
  }

  /// Whether a cluster gets the bundle.
  ///
  /// - Parameter groups: the groups that the cluster is in; they are tried in order of their names.
  public func decide(_ cluster: TargetCluster, groups: [TargetGroup]) -> TargetDecision {
    let contexts: [TargetGroup?] =
      groups.isEmpty || !asksForGroups ? [nil] : groups.sorted { $0.name < $1.name }.map { $0 } + [nil]
    guard let target = plainTarget(cluster, contexts) else {
      return .notTargeted(
        restrictions.isEmpty ? "no target matches" : "no target matches within the target restrictions")
    }
    if targets[target].doNotDeploy { return .doNotDeploy(targets[target].name) }
    var applied: [Int] = []
    for index in 0..<customizationCount where matches(targets[index].criteria, cluster, contexts) {
      if targets[index].doNotDeploy { return .doNotDeploy(targets[index].name) }
      applied.append(index)
      if mode == .firstMatch { break }
    }
    return .deploy(TargetMatch(target: target, customizations: applied))
  }

  private func matches(_ criteria: TargetCriteria, _ cluster: TargetCluster, _ contexts: [TargetGroup?]) -> Bool {
    contexts.contains { criteria.matches(cluster, group: $0) }
  }

  /// The first plain target that matches with some group for which a restriction matches too.
  private func plainTarget(_ cluster: TargetCluster, _ contexts: [TargetGroup?]) -> Int? {
    for index in customizationCount..<targets.count {
      for group in contexts where targets[index].criteria.matches(cluster, group: group) {
        if restrictions.isEmpty || restrictions.contains(where: { $0.criteria.matches(cluster, group: group) }) {
          return index
        }
      }
    }
    return nil
  }

  /// The options for clusters with this match, before values are templated.
  public func options(for match: TargetMatch) -> BundleDeploymentOptions {
    var custom = targets[match.target].options
    switch mode {
    case .firstMatch:
      if let first = match.customizations.first { custom = targets[first].options }
    case .allMatches:
      for index in match.customizations { custom = custom.merging(targets[index].options) }
    }
    return base.merging(custom)
  }

  /// The names of the entries that a match is made of, for people: the target, then customisations.
  public func names(of match: TargetMatch) -> [String] {
    ([match.target] + match.customizations).map { targets[$0].name }
  }

  /// The groups that a cluster is in.
  public static func groups(of cluster: TargetCluster, among groups: [TargetGroup]) -> [TargetGroup] {
    groups.filter { $0.contains(cluster) }
  }
}
