/// A bundle of which a cluster gets something else than before.
public struct TargetChange<ID: Hashable & Sendable>: Sendable, Hashable {
  /// What is different.
  public enum Aspect: Sendable, Hashable {
    /// The cluster gets the bundle now, and did not.
    case gained
    /// The cluster got the bundle, and does not any more.
    case lost
    /// Other entries of `spec.targets` decide about the options.
    case options
    /// The options come from the same entries, but values are made of what has changed.
    case values
    /// The cluster may be in another partition of a rollout.
    case partition
    /// The cluster is paused or no longer paused, or its deployments live in another namespace.
    case cluster
  }

  /// The bundle.
  public let bundle: ID
  /// What is different; of several the first in the order above.
  public let aspect: Aspect
}

/// Finds the bundles that a change of one cluster, or of one group, concerns, without asking every bundle and without
/// looking at any other cluster.
///
/// Holds the groups of one namespace and the bundles that may go to its clusters. The cost of ``changes(from:to:)``
/// grows with the labels that changed and the bundles that look at those, not with all bundles.
public struct TargetIndex<ID: Hashable & Sendable>: Sendable {
  private struct Entry {
    var targeting: Targeting
    var partitions: [TargetCriteria]
    var values: Set<TargetDependency>
    var dependencies: Set<TargetDependency>
  }

  private var bundles: [ID: Entry] = [:]
  private var bundlesByDependency: [TargetDependency: Set<ID>] = [:]
  private var groups: [String: TargetGroup] = [:]
  /// Groups by a label that their clusters have; nil for groups that ask for no certain one.
  private var groupsByLabel: [TargetDependency?: Set<String>] = [:]

  /// An index of nothing.
  public init() {}

  /// Takes a bundle in, in place of what was known of it; nil takes it out.
  public mutating func set(_ bundle: ID, to spec: BundleSpec?) {
    if let old = bundles.removeValue(forKey: bundle) {
      for dependency in old.dependencies {
        bundlesByDependency[dependency]?.remove(bundle)
        if bundlesByDependency[dependency]?.isEmpty == true { bundlesByDependency[dependency] = nil }
      }
    }
    guard let spec else { return }
    let entry = Entry(
      targeting: Targeting(spec), partitions: (spec.rolloutStrategy?.partitions ?? []).map(\.criteria),
      values: TargetDependency.values(of: spec), dependencies: TargetDependency.all(of: spec))
    for dependency in entry.dependencies { bundlesByDependency[dependency, default: []].insert(bundle) }
    bundles[bundle] = entry
  }

  /// Takes a group in, in place of what was known of it; nil takes it out.
  ///
  /// - Returns: the bundles that some cluster may get otherwise now, or that name the group.
  @discardableResult
  public mutating func set(group name: String, to group: TargetGroup?) -> Set<ID> {
    let old = groups[name]
    guard old != group else { return [] }
    for anchor in Self.anchors(of: old) {
      groupsByLabel[anchor]?.remove(name)
      if groupsByLabel[anchor]?.isEmpty == true { groupsByLabel[anchor] = nil }
    }
    for anchor in Self.anchors(of: group) { groupsByLabel[anchor, default: []].insert(name) }
    groups[name] = group
    return candidates([old, group].compactMap { $0 }.flatMap { TargetDependency.touched(byGroup: $0) })
  }

  private static func anchors(of group: TargetGroup?) -> [TargetDependency?] {
    guard let selector = group?.selector?.selector else { return [] }
    let anchors = selector.anchors
    return anchors.isEmpty ? [nil] : anchors.map { .label($0.key, value: $0.value) }
  }

  /// The groups that a cluster is in, in order of their names.
  public func groups(of cluster: TargetCluster) -> [TargetGroup] {
    var names = groupsByLabel[nil] ?? []
    for (key, value) in cluster.labels {
      if let found = groupsByLabel[.label(key, value: value)] { names.formUnion(found) }
    }
    return names.compactMap { groups[$0] }.filter { $0.contains(cluster) }.sorted { $0.name < $1.name }
  }

  /// What a cluster gets otherwise than before, bundle by bundle, in no certain order; nil stands for a cluster that is not
  /// there, or gets nothing whatever the bundles say.
  public func changes(from old: TargetCluster?, to new: TargetCluster?) -> [TargetChange<ID>] {
    guard old != new else { return [] }
    let before = old.map { Situation(cluster: $0, groups: groups(of: $0)) }
    let after = new.map { Situation(cluster: $0, groups: groups(of: $0)) }
    guard let before, let after, old?.name == new?.name else {
      return appearance(of: before, .lost) + appearance(of: after, .gained)
    }
    let touched = Self.touched(from: before, to: after)
    var found: [TargetChange<ID>] = []
    if before.isElsewhere(than: after) {
      found = appearance(of: after, .cluster)
      let kept = Set(found.map(\.bundle))
      found += appearance(of: before, .lost).filter { !kept.contains($0.bundle) }
      return found
    }
    let answers = Set(touched)
    for bundle in candidates(touched) {
      if let aspect = aspect(of: bundle, from: before, to: after, touched: answers) {
        found.append(TargetChange(bundle: bundle, aspect: aspect))
      }
    }
    return found
  }

  /// A cluster with its groups.
  private struct Situation {
    var cluster: TargetCluster
    var groups: [TargetGroup]

    func isElsewhere(than other: Situation) -> Bool {
      cluster.paused != other.cluster.paused || cluster.clusterNamespace != other.cluster.clusterNamespace
        || cluster.namespace != other.cluster.namespace
    }
  }

  /// The bundles that a cluster gets.
  private func appearance(of situation: Situation?, _ aspect: TargetChange<ID>.Aspect) -> [TargetChange<ID>] {
    guard let situation else { return [] }
    let questions =
      [.existence, .name(situation.cluster.name)]
      + TargetDependency.touched(from: [:], to: situation.cluster.labels)
      + situation.groups.flatMap { TargetDependency.touched(byGroup: $0) }
    return candidates(questions).compactMap { bundle in
      let decision = bundles[bundle]?.targeting.decide(situation.cluster, groups: situation.groups)
      return decision?.match == nil ? nil : TargetChange(bundle: bundle, aspect: aspect)
    }
  }

  private static func touched(from before: Situation, to after: Situation) -> [TargetDependency] {
    let (old, new) = (before.cluster, after.cluster)
    var touched = TargetDependency.touched(from: old.labels, to: new.labels)
    let names = (Set(before.groups.map(\.name)), Set(after.groups.map(\.name)))
    for group in before.groups + after.groups where !names.0.contains(group.name) || !names.1.contains(group.name) {
      touched += TargetDependency.touched(byGroup: group)
    }
    let labels = (FleetLabels.cleaned(old.labels), FleetLabels.cleaned(new.labels))
    if labels.0.isEmpty != labels.1.isEmpty { touched.append(.labelled) }
    if labels.0 != labels.1 || old.templateValues != new.templateValues
      || FleetLabels.cleanedAnnotations(old.annotations) != FleetLabels.cleanedAnnotations(new.annotations)
    {
      touched.append(.context)
    }
    return touched
  }

  private func aspect(
    of bundle: ID, from before: Situation, to after: Situation, touched: Set<TargetDependency>
  ) -> TargetChange<ID>.Aspect? {
    guard let entry = bundles[bundle] else { return nil }
    let old = entry.targeting.decide(before.cluster, groups: before.groups).match
    let new = entry.targeting.decide(after.cluster, groups: after.groups).match
    if old == nil { return new == nil ? nil : .gained }
    if new == nil { return .lost }
    if old != new { return .options }
    if !entry.values.isDisjoint(with: touched) { return .values }
    let isElsewhere = entry.partitions.contains {
      $0.matches(before.cluster, groups: before.groups) != $0.matches(after.cluster, groups: after.groups)
    }
    return isElsewhere ? .partition : nil
  }

  private func candidates(_ dependencies: [TargetDependency]) -> Set<ID> {
    var found: Set<ID> = []
    for dependency in dependencies {
      guard let bundles = bundlesByDependency[dependency] else { continue }
      if found.isEmpty { found = bundles } else { found.formUnion(bundles) }
    }
    return found
  }
}
