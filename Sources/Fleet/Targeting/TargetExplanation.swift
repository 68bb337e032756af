import Document

/// Why a bundle does not reach a cluster, for people (fleet-behaviour §3.1, §3.3).
public enum TargetExplanation {
  /// One reason for each plain target of a bundle that does not let it onto a cluster, in their order.
  ///
  /// - Parameter groups: the groups that the cluster is in.
  public static func reasons(_ spec: BundleSpec, cluster: TargetCluster, groups: [TargetGroup]) -> [String] {
    // The builder appends the plain targets, of which each is a restriction too.
    let plain = spec.targetRestrictions.isEmpty ? spec.targets[...] : spec.targets.suffix(spec.targetRestrictions.count)
    guard !plain.isEmpty else { return ["the bundle has no targets"] }
    return plain.map { target in
      let name = target.name.isEmpty ? "target" : target.name
      if let reason = target.criteria.mismatch(cluster, groups: groups) { return "\(name): \(reason)" }
      return "\(name): matches, but none of the targetRestrictions does"
    }
  }
}

extension TargetCriteria {
  /// The first criterion that does not hold for a cluster in these groups, and what stands there instead; nil when all hold.
  public func mismatch(_ cluster: TargetCluster, groups: [TargetGroup]) -> String? {
    if isEmpty { return "has no criterion, so it matches nothing" }
    if matches(cluster, groups: groups) { return nil }
    if !clusterName.isEmpty, clusterName != cluster.name,
      clusterName != cluster.labels[FleetLabels.clusterDisplayName]
    {
      return "clusterName is \(clusterName)"
    }
    if let reason = clusterSelector.flatMap({ TargetCriteria.mismatch($0.selector, cluster.labels) }) { return reason }
    if !clusterGroup.isEmpty, !groups.contains(where: { $0.name == clusterGroup }) {
      return "not in the group \(clusterGroup)"
    }
    if let clusterGroupSelector, !groups.contains(where: { clusterGroupSelector.matches($0.labels) }) {
      return "in no group that clusterGroupSelector selects"
    }
    return "no one group meets both clusterGroup and clusterGroupSelector"
  }

  private static func mismatch(_ selector: LabelSelector, _ labels: [String: String]) -> String? {
    for (key, wanted) in selector.matchLabels.sorted(by: { $0.key < $1.key }) where labels[key] != wanted {
      return "wants \(key)=\(wanted), \(shown(key, labels))"
    }
    for requirement in selector.matchExpressions where !requirement.matches(labels) {
      let values = requirement.values.joined(separator: ", ")
      let wanted =
        switch requirement.operator {
        case .in: "\(requirement.key) in (\(values))"
        case .notIn: "\(requirement.key) not in (\(values))"
        case .exists: "a label \(requirement.key)"
        case .doesNotExist: "no label \(requirement.key)"
        case .greaterThan: "\(requirement.key) > \(values)"
        case .lessThan: "\(requirement.key) < \(values)"
        }
      return "wants \(wanted), \(shown(requirement.key, labels))"
    }
    return nil
  }

  private static func shown(_ key: String, _ labels: [String: String]) -> String {
    labels[key].map { "has \(key)=\($0)" } ?? "has no such label"
  }
}
