import Document

/// One question about a cluster whose answer decides what the cluster gets of a bundle.
///
/// While no answer to a bundle's questions changes, neither does what the cluster gets. So bundles are filed under their
/// questions, and a change of a cluster looks up the few whose answers it touches.
enum TargetDependency: Hashable, Sendable {
  /// Whether the cluster has this name. Asked once, when it appears: names do not change.
  case name(String)
  /// Whether a label has this value.
  case label(String, value: String)
  /// Whether there is a label of this key.
  case presence(String)
  /// What value a label has.
  case value(String)
  /// Whether there are labels at all, apart from tooling's.
  case labelled
  /// All labels, annotations and template values, tooling's labels and annotations apart.
  case context
  /// Whether the cluster is there, where nothing that it lacks keeps the bundle away.
  case existence
  /// Whether the cluster is in the group of this name.
  case group(String)
  /// Whether the cluster is in a group with this label.
  case groupLabel(String, value: String)
  /// Whether the cluster is in any group.
  case anyGroup
}

extension TargetDependency {
  /// Everything that a bundle asks about a cluster, and maybe more.
  static func all(of spec: BundleSpec) -> Set<TargetDependency> {
    var found: Set<TargetDependency> = []
    for target in spec.targets { add(target.criteria, to: &found) }
    for restriction in spec.targetRestrictions { add(restriction.criteria, to: &found) }
    for partition in spec.rolloutStrategy?.partitions ?? [] { add(partition.criteria, to: &found) }
    found.formUnion(values(of: spec))
    return found
  }

  /// What a bundle's Helm values ask.
  static func values(of spec: BundleSpec) -> Set<TargetDependency> {
    // Values that were cut out into a Secret may ask for anything.
    if !spec.valuesHash.isEmpty { return [.context] }
    var found: Set<TargetDependency> = []
    for (index, options) in ([spec.options] + spec.targets.map(\.options)).enumerated() {
      guard let helm = options.helm else { continue }
      // What the bundle disables stays disabled in every target, but not the other way round.
      let isPlain = helm.disablePreProcess || index > 0 && spec.options.helm?.disablePreProcess == true
      if !helm.templateValues.isEmpty, !isPlain { found.insert(.context) }
      add(helm.values, isPlain: isPlain, to: &found)
    }
    if !found.isEmpty { found.insert(.labelled) }
    return found
  }

  private static func add(_ values: Value, isPlain: Bool, to found: inout Set<TargetDependency>) {
    func add(_ text: String) {
      if text.hasPrefix(ValueTemplating.labelReference) {
        found.insert(.value(String(text.dropFirst(ValueTemplating.labelReference.count))))
      }
      if !isPlain, text.contains("${") { found.insert(.context) }
    }
    switch values {
    case .string(let text): add(text)
    case .array(let elements): for element in elements { self.add(element, isPlain: isPlain, to: &found) }
    case .object(let members):
      for (key, member) in members {
        add(key)
        self.add(member, isPlain: isPlain, to: &found)
      }
    default: break
    }
  }

  private static func add(_ criteria: TargetCriteria, to found: inout Set<TargetDependency>) {
    if !criteria.clusterName.isEmpty {
      found.insert(.name(criteria.clusterName))
      found.insert(.label(FleetLabels.clusterDisplayName, value: criteria.clusterName))
    }
    if !criteria.clusterGroup.isEmpty { found.insert(.group(criteria.clusterGroup)) }
    if let selector = criteria.clusterGroupSelector?.selector {
      let anchors = selector.anchors
      if anchors.isEmpty { found.insert(.anyGroup) }
      for anchor in anchors { found.insert(.groupLabel(anchor.key, value: anchor.value)) }
    }
    guard let selector = criteria.clusterSelector?.selector else { return }
    for (key, value) in selector.matchLabels { found.insert(.label(key, value: value)) }
    for requirement in selector.matchExpressions {
      switch requirement.operator {
      case .in, .notIn: for value in requirement.values { found.insert(.label(requirement.key, value: value)) }
      case .exists, .doesNotExist: found.insert(.presence(requirement.key))
      case .greaterThan, .lessThan: found.insert(.value(requirement.key))
      }
    }
    let asksMore =
      !criteria.clusterName.isEmpty || !criteria.clusterGroup.isEmpty || criteria.clusterGroupSelector != nil
    if !asksMore, selector.matches([:]) { found.insert(.existence) }
  }

  /// The questions whose answers differ between two sets of labels.
  static func touched(from old: [String: String], to new: [String: String]) -> [TargetDependency] {
    var found: [TargetDependency] = []
    func compare(_ key: String, _ before: String?, _ after: String?) {
      found.append(.value(key))
      if let before { found.append(.label(key, value: before)) }
      if let after { found.append(.label(key, value: after)) }
      if before == nil || after == nil { found.append(.presence(key)) }
    }
    for (key, value) in old where new[key] != value { compare(key, value, new[key]) }
    for (key, value) in new where old[key] == nil { compare(key, nil, value) }
    return found
  }

  /// The questions whose answers differ once a cluster is in a group, or is not any more.
  static func touched(byGroup group: TargetGroup) -> [TargetDependency] {
    [.group(group.name), .anyGroup] + group.labels.map { .groupLabel($0.key, value: $0.value) }
  }
}

extension LabelSelector {
  /// Labels of which whatever the selector matches has one; empty where there are no such labels.
  var anchors: [(key: String, value: String)] {
    if let label = matchLabels.min(by: { $0 < $1 }) { return [label] }
    guard let requirement = matchExpressions.first(where: { $0.operator == .in }) else { return [] }
    return requirement.values.map { (requirement.key, $0) }
  }
}
