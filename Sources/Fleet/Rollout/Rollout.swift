import Document

/// What one evaluation of a rollout wants done, and the numbers for the Bundle's status.
public struct RolloutPlan: Sendable, Hashable {
  /// One partition's numbers (fleet-behaviour §1.3).
  public struct Partition: Sendable, Hashable {
    /// The partition's name.
    public var name: String
    /// Indexes of its targets.
    public var targets: [Int]
    /// How many of them may be unavailable.
    public var maxUnavailable: Int
    /// How many of them are unavailable or not up to date.
    public var unavailable: Int
  }

  /// What is to be done for one target. Steps come in the order in which they are to be made.
  public struct Step: Sendable, Hashable {
    /// The index of the target.
    public var target: Int
    /// Make the BundleDeployment.
    public var create: Bool
    /// Write the newest version into the staged fields.
    public var stage: Bool
    /// Write the staged version into the current fields, so that the agent deploys it.
    public var promote: Bool
  }

  /// What is to be done; targets with nothing to do are not listed.
  public internal(set) var steps: [Step] = []
  /// The partitions.
  public internal(set) var partitions: [Partition] = []
  /// How many BundleDeployments this evaluation makes.
  public internal(set) var newlyCreated = 0
  /// Whether more are to be made: evaluate again at once after the steps are done.
  public internal(set) var moreToCreate = false
  /// How many clusters are unavailable, after the steps.
  public internal(set) var unavailable = 0
  /// How many clusters may be unavailable.
  public internal(set) var maxUnavailable = 0
  /// How many partitions are unavailable.
  public internal(set) var unavailablePartitions = 0
  /// How many partitions may be unavailable.
  public internal(set) var maxUnavailablePartitions = 0
  /// The number of the partition at which the rollout stopped to wait; nil when it went through.
  public internal(set) var stoppedAt: Int?
}

/// How a change spreads over clusters: one pure evaluation at a time (fleet-behaviour §4).
///
/// Evaluate when a bundle, its set of clusters or a status changes, carry out the steps, and evaluate again when something
/// has changed. The same input always gives the same plan.
public enum Rollout {
  /// The defaults of ``RolloutStrategy``.
  public static let defaultMaxNew = 50
  /// Where a bundle does not say, an evaluation makes this share of a large fleet's deployments, so that the number of evaluations,
  /// each of which looks at all clusters, does not grow with their number.
  static let defaultNewShare = 16
  static let defaultAutoPartitionThreshold = 200

  /// One evaluation.
  ///
  /// - Parameters:
  ///   - strategy: the bundle's; nil for the defaults.
  ///   - targets: all targeted clusters in order of their names.
  /// - Throws: ``FleetError`` with code `invalidField` when a number of the strategy is none.
  public static func evaluate(
    _ strategy: RolloutStrategy?, targets: [RolloutTarget]
  ) throws(FleetError) -> RolloutPlan {
    let strategy = strategy ?? RolloutStrategy()
    var plan = RolloutPlan()
    plan.partitions = try partitions(strategy, targets: targets)
    plan.maxUnavailable = try RolloutLimit.resolve(targets.count, strategy.maxUnavailable)
    plan.maxUnavailablePartitions = try RolloutLimit.resolve(
      plan.partitions.count, strategy.maxUnavailablePartitions, .int(0))
    plan.unavailable = targets.count { $0.existing?.isUnavailable ?? false }
    for index in plan.partitions.indices {
      plan.partitions[index].unavailable = plan.partitions[index].targets.count { target in
        targets[target].existing?.isUnavailable ?? false
      }
    }
    var evaluation = Evaluation(
      plan: plan, targets: targets, maxNew: strategy.maxNew ?? max(defaultMaxNew, targets.count / defaultNewShare))
    evaluation.run()
    return evaluation.plan
  }

  private struct Evaluation {
    var plan: RolloutPlan
    var targets: [RolloutTarget]
    let maxNew: Int
    private var stepOfTarget: [Int: Int] = [:]

    init(plan: RolloutPlan, targets: [RolloutTarget], maxNew: Int) {
      self.plan = plan
      self.targets = targets
      self.maxNew = maxNew
    }

    mutating func run() {
      for partition in plan.partitions.indices {
        for target in plan.partitions[partition].targets { createAndStage(target) }
        for target in plan.partitions[partition].targets { promote(target, in: partition) }
        let unavailable = plan.partitions[partition].targets.count { target in
          !targets[target].isUpToDate || (targets[target].existing?.isUnavailable ?? true)
        }
        plan.partitions[partition].unavailable = unavailable
        if unavailable > plan.partitions[partition].maxUnavailable { plan.unavailablePartitions += 1 }
        if plan.unavailablePartitions > plan.maxUnavailablePartitions {
          plan.stoppedAt = partition
          return
        }
      }
    }

    private mutating func createAndStage(_ target: Int) {
      let newest = targets[target].newestID
      if targets[target].existing == nil {
        guard plan.newlyCreated < maxNew else {
          plan.moreToCreate = true
          return
        }
        plan.newlyCreated += 1
        targets[target].existing = RolloutTarget.Existing(
          stagedID: newest, deploymentID: "", appliedID: "", ready: false)
        change(target) { step in
          step.create = true
          step.stage = true
        }
      } else if targets[target].existing?.stagedID != newest {
        targets[target].existing?.stagedID = newest
        change(target) { $0.stage = true }
      }
    }

    private mutating func promote(_ target: Int, in partition: Int) {
      guard let existing = targets[target].existing, !targets[target].paused, !existing.stagedID.isEmpty,
        existing.deploymentID != existing.stagedID
      else { return }
      if !existing.isUnavailable {
        guard plan.unavailable < plan.maxUnavailable,
          plan.partitions[partition].unavailable < plan.partitions[partition].maxUnavailable
        else { return }
        plan.unavailable += 1
        plan.partitions[partition].unavailable += 1
      }
      targets[target].existing?.deploymentID = existing.stagedID
      change(target) { $0.promote = true }
    }

    private mutating func change(_ target: Int, _ body: (inout RolloutPlan.Step) -> Void) {
      let index =
        stepOfTarget[target]
        ?? {
          plan.steps.append(RolloutPlan.Step(target: target, create: false, stage: false, promote: false))
          return plan.steps.count - 1
        }()
      stepOfTarget[target] = index
      body(&plan.steps[index])
    }
  }

  /// The partitions of the targets (fleet-behaviour §4.2).
  static func partitions(
    _ strategy: RolloutStrategy, targets: [RolloutTarget]
  ) throws(FleetError) -> [RolloutPlan.Partition] {
    guard strategy.partitions.isEmpty else { return try manualPartitions(strategy, targets: targets) }
    let threshold = strategy.autoPartitionThreshold ?? defaultAutoPartitionThreshold
    var isOff = threshold <= 0 || targets.count < threshold
    if case .int(let size)? = strategy.autoPartitionSize, size <= 0 { isOff = true }
    if isOff { return [try partition("All", Array(targets.indices), strategy.maxUnavailable)] }
    let size = max(1, try RolloutLimit.resolve(targets.count, strategy.autoPartitionSize, .string("25%")))
    var result: [RolloutPlan.Partition] = []
    for start in stride(from: 0, to: targets.count, by: size) {
      let end = min(start + size, targets.count)
      result.append(try partition("Partition \(start) - \(end)", Array(start..<end), strategy.maxUnavailable))
    }
    return result
  }

  private static func manualPartitions(
    _ strategy: RolloutStrategy, targets: [RolloutTarget]
  ) throws(FleetError) -> [RolloutPlan.Partition] {
    var result: [RolloutPlan.Partition] = []
    for manual in strategy.partitions {
      let members = targets.indices.filter { manual.criteria.matches(targets[$0].cluster, groups: targets[$0].groups) }
      result.append(try partition(manual.name, members, manual.maxUnavailable, strategy.maxUnavailable))
    }
    return result
  }

  private static func partition(
    _ name: String, _ members: [Int], _ first: IntOrString?, _ second: IntOrString? = nil
  ) throws(FleetError) -> RolloutPlan.Partition {
    RolloutPlan.Partition(
      name: name, targets: members, maxUnavailable: try RolloutLimit.resolve(members.count, first, second),
      unavailable: 0)
  }
}
