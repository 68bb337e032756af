import Document

/// Which clusters an entry means; all criteria that are given must hold (fleet-behaviour §3.1).
public struct TargetCriteria: Sendable, Hashable {
  /// The cluster's name or display name; empty when not given.
  public var clusterName = ""
  /// Labels of the cluster; nil when not given.
  public var clusterSelector: SelectorSpec?
  /// The name of a group the cluster is in; empty when not given.
  public var clusterGroup = ""
  /// Labels of a group the cluster is in; nil when not given.
  public var clusterGroupSelector: SelectorSpec?

  /// No criteria, which matches nothing.
  public init() {}

  init(_ reader: FieldReader) throws(FleetError) {
    clusterName = try reader.text("clusterName")
    clusterSelector = try reader.selector("clusterSelector")
    clusterGroup = try reader.text("clusterGroup")
    clusterGroupSelector = try reader.selector("clusterGroupSelector")
  }

  func write(to writer: inout FieldWriter) {
    writer.set("clusterName", clusterName)
    writer.set("clusterSelector", clusterSelector?.value)
    writer.set("clusterGroup", clusterGroup)
    writer.set("clusterGroupSelector", clusterGroupSelector?.value)
  }

  /// Whether no criterion is given.
  public var isEmpty: Bool {
    clusterName.isEmpty && clusterSelector == nil && clusterGroup.isEmpty && clusterGroupSelector == nil
  }
}

/// A named entry of `GitRepo.spec.targets`, `overrideTargets` or `targetRestrictions`.
public struct GitTarget: Sendable, Hashable {
  /// The entry's name; may be empty.
  public var name: String
  /// Which clusters it means.
  public var criteria: TargetCriteria

  /// An entry.
  public init(name: String = "", criteria: TargetCriteria = TargetCriteria()) {
    self.name = name
    self.criteria = criteria
  }

  init(_ reader: FieldReader) throws(FleetError) {
    name = try reader.text("name")
    criteria = try TargetCriteria(reader)
  }

  /// The entry as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("name", name)
    criteria.write(to: &writer)
    return writer.value
  }

  /// What a bundle is given when nobody names a target: the group `default` (fleet-behaviour §2.3, 9).
  public static var defaultTarget: GitTarget {
    var target = GitTarget(name: "default")
    target.criteria.clusterGroup = "default"
    return target
  }
}

/// An entry of `Bundle.spec.targets` or `targetCustomizations`: clusters, and options for them.
public struct BundleTarget: Sendable, Hashable {
  /// The entry's name; may be empty.
  public var name: String
  /// Which clusters it means.
  public var criteria: TargetCriteria
  /// Options merged over the bundle's for these clusters.
  public var options: BundleDeploymentOptions
  /// These clusters do not get the bundle.
  public var doNotDeploy: Bool

  /// An entry.
  public init(
    name: String = "", criteria: TargetCriteria = TargetCriteria(),
    options: BundleDeploymentOptions = BundleDeploymentOptions(), doNotDeploy: Bool = false
  ) {
    self.name = name
    self.criteria = criteria
    self.options = options
    self.doNotDeploy = doNotDeploy
  }

  /// A plain target without options of its own.
  public init(_ target: GitTarget) { self.init(name: target.name, criteria: target.criteria) }

  init(_ reader: FieldReader) throws(FleetError) {
    name = try reader.text("name")
    criteria = try TargetCriteria(reader)
    options = try BundleDeploymentOptions(reader)
    doNotDeploy = try reader.flag("doNotDeploy")
  }

  /// The entry as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("name", name)
    criteria.write(to: &writer)
    options.write(to: &writer)
    writer.set("doNotDeploy", doNotDeploy)
    return writer.value
  }
}
