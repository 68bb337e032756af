import Document
import Testing

@testable import Fleet

@Suite("Rollout")
struct RolloutTests {
  @Test(
    "a limit is what Fleet resolves it to",
    arguments: [
      (0, nil as IntOrString?, 1), (10, nil, 10), (10, .int(3), 3), (10, .int(20), 10), (10, .int(-1), 0),
      (10, .int(0), 0),
      (10, .string("3"), 3), (10, .string("25%"), 2), (10, .string("1%"), 1), (10, .string("0%"), 1),
      (10, .string("100%"), 10),
      (10, .string("200%"), 10), (3, .string("50%"), 1), (-5, .int(3), 1),
    ])
  func limit(count: Int, value: IntOrString?, expected: Int) throws {
    #expect(try RolloutLimit.resolve(count, value) == expected)
  }

  @Test("the first value given decides; other texts are errors")
  func limitFallback() throws {
    #expect(try RolloutLimit.resolve(10, nil, .int(2)) == 2)
    for text in ["many", "", "-3", "0", "%"] {
      #expect(throws: FleetError.self) { try RolloutLimit.resolve(10, .string(text)) }
    }
  }

  private func target(_ index: Int, _ state: State, paused: Bool = false, group: String? = nil) -> RolloutTarget {
    let name = "c\(index < 10 ? "00" : index < 100 ? "0" : "")\(index)"
    let existing: RolloutTarget.Existing? =
      switch state {
      case .absent: nil
      case .upToDate: .init(stagedID: "new", deploymentID: "new", appliedID: "new", ready: true)
      case .old: .init(stagedID: "old", deploymentID: "old", appliedID: "old", ready: true)
      case .oldNotReady: .init(stagedID: "old", deploymentID: "old", appliedID: "old", ready: false)
      case .applying: .init(stagedID: "new", deploymentID: "new", appliedID: "old", ready: true)
      }
    return RolloutTarget(
      cluster: TargetCluster(name: name, namespace: "n", labels: group.map { ["g": $0] } ?? [:]), newestID: "new",
      existing: existing,
      paused: paused)
  }

  private enum State { case absent, upToDate, old, oldNotReady, applying }

  private func targets(_ count: Int, _ state: State, paused: Bool = false) -> [RolloutTarget] {
    (0..<count).map { target($0, state, paused: paused) }
  }

  @Test("new deployments are made and promoted at once, at most maxNew per evaluation (E1)")
  func maxNew() throws {
    let plan = try Rollout.evaluate(nil, targets: targets(120, .absent))
    #expect(plan.newlyCreated == 50 && plan.moreToCreate)
    #expect(plan.steps.count == 50 && plan.steps.allSatisfy { $0.create && $0.stage && $0.promote })
    var strategy = RolloutStrategy()
    strategy.maxNew = 7
    #expect(try Rollout.evaluate(strategy, targets: targets(8, .absent)).newlyCreated == 7)
    #expect(try !Rollout.evaluate(nil, targets: targets(50, .absent)).moreToCreate)
    // The number of evaluations does not grow with the fleet, unless the bundle says how many an evaluation makes.
    #expect(try Rollout.evaluate(nil, targets: targets(1600, .absent)).newlyCreated == 100)
    #expect(try Rollout.evaluate(strategy, targets: targets(1600, .absent)).newlyCreated == 7)
  }

  @Test("by default an update reaches every cluster at once")
  func unlimited() throws {
    let plan = try Rollout.evaluate(nil, targets: targets(10, .old))
    #expect(plan.steps.count { $0.promote } == 10 && plan.maxUnavailable == 10 && plan.unavailable == 10)
  }

  @Test("an update makes no more clusters unavailable than allowed; broken ones are updated regardless (E2)")
  func maxUnavailable() throws {
    var strategy = RolloutStrategy()
    strategy.maxUnavailable = .int(2)
    let all = (0..<4).map { target($0, .old) } + [target(4, .oldNotReady)]
    let plan = try Rollout.evaluate(strategy, targets: all)
    #expect(plan.steps.filter(\.promote).map(\.target) == [0, 4])
    #expect(plan.steps.count { $0.stage } == 5)
    #expect(plan.unavailable == 2 && plan.maxUnavailable == 2)
    strategy.maxUnavailable = .int(0)
    #expect(try Rollout.evaluate(strategy, targets: targets(3, .old)).steps.allSatisfy { !$0.promote })
  }

  @Test("paused clusters are staged and not promoted (E7)")
  func paused() throws {
    let plan = try Rollout.evaluate(
      nil, targets: [target(0, .old, paused: true), target(1, .absent, paused: true), target(2, .old)])
    #expect(plan.steps.map(\.promote) == [false, false, true] && plan.steps.allSatisfy(\.stage))
  }

  @Test("up to 199 clusters are one partition, from 200 on quarters, named by their places (E3)")
  func autoPartitions() throws {
    #expect(try Rollout.evaluate(nil, targets: targets(199, .upToDate)).partitions.map(\.name) == ["All"])
    let quarters = try Rollout.evaluate(nil, targets: targets(202, .upToDate)).partitions
    #expect(
      quarters.map(\.name) == [
        "Partition 0 - 50", "Partition 50 - 100", "Partition 100 - 150", "Partition 150 - 200", "Partition 200 - 202",
      ])
    #expect(quarters.map(\.targets.count) == [50, 50, 50, 50, 2])
    var strategy = RolloutStrategy()
    strategy.autoPartitionThreshold = 3
    strategy.autoPartitionSize = .int(2)
    #expect(
      try Rollout.evaluate(strategy, targets: targets(5, .upToDate)).partitions.map(\.targets) == [
        [0, 1], [2, 3], [4],
      ])
    strategy.autoPartitionSize = .int(0)
    #expect(try Rollout.evaluate(strategy, targets: targets(5, .upToDate)).partitions.count == 1)
    strategy.autoPartitionSize = .int(2)
    strategy.autoPartitionThreshold = 0
    #expect(try Rollout.evaluate(strategy, targets: targets(5, .upToDate)).partitions.count == 1)
  }

  @Test("manual partitions come in order with their own limits; clusters in none are left alone (E4)")
  func manualPartitions() throws {
    let strategy = try RolloutStrategy([
      "maxUnavailable": 1,
      "partitions": [
        ["name": "canary", "clusterSelector": ["matchLabels": ["g": "canary"]], "maxUnavailable": "100%"],
        ["name": "rest", "clusterSelector": ["matchLabels": ["g": "rest"]]],
      ],
    ])
    let all = [target(0, .old, group: "rest"), target(1, .old, group: "canary"), target(2, .old, group: "none")]
    let plan = try Rollout.evaluate(strategy, targets: all)
    #expect(plan.partitions.map(\.name) == ["canary", "rest"] && plan.partitions.map(\.targets) == [[1], [0]])
    #expect(plan.steps.map(\.target) == [1, 0] && plan.steps.map(\.promote) == [true, false])
  }

  @Test("a partition that fails stops the ones after it (E5)")
  func stops() throws {
    var strategy = RolloutStrategy()
    strategy.autoPartitionThreshold = 1
    strategy.autoPartitionSize = .int(2)
    strategy.maxUnavailable = .int(1)
    let plan = try Rollout.evaluate(strategy, targets: targets(6, .old))
    #expect(plan.stoppedAt == 0 && plan.unavailablePartitions == 1 && plan.maxUnavailablePartitions == 0)
    #expect(Set(plan.steps.map(\.target)) == [0, 1])
    strategy.maxUnavailablePartitions = .int(1)
    #expect(try Rollout.evaluate(strategy, targets: targets(6, .old)).stoppedAt == 1)
  }

  @Test(
    "a rollout of every kind ends with every cluster up to date, never with more unavailable than allowed",
    arguments: 0..<40)
  func converges(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    var strategy = RolloutStrategy()
    strategy.maxUnavailable = .int(1 + Int(random.next() % 5))
    strategy.autoPartitionThreshold = Int(random.next() % 20)
    strategy.autoPartitionSize = .int(1 + Int(random.next() % 7))
    strategy.maxUnavailablePartitions = .int(Int(random.next() % 2))
    strategy.maxNew = 1 + Int(random.next() % 5)
    var all = (0..<(5 + Int(random.next() % 20))).map { index in target(index, random.next() % 4 == 0 ? .absent : .old)
    }
    let existingBefore = all.count { $0.existing != nil }
    let allowed = min(existingBefore, try RolloutLimit.resolve(all.count, strategy.maxUnavailable))
    for _ in 0..<2000 {
      let plan = try Rollout.evaluate(strategy, targets: all)
      var promotedHealthy = 0
      for step in plan.steps {
        if step.create {
          all[step.target].existing = .init(stagedID: "", deploymentID: "", appliedID: "", ready: false)
        }
        if step.stage { all[step.target].existing?.stagedID = "new" }
        if step.promote {
          if all[step.target].existing?.isUnavailable == false { promotedHealthy += 1 }
          let staged = all[step.target].existing?.stagedID ?? ""
          all[step.target].existing?.deploymentID = staged
        }
      }
      #expect(promotedHealthy <= allowed)
      let busy = all.indices.filter { all[$0].existing?.isUnavailable ?? false }
      if busy.isEmpty, all.allSatisfy(\.isUpToDate) { return }
      for index in busy where random.next() % 2 == 0 {
        let desired = all[index].existing?.deploymentID ?? ""
        all[index].existing?.appliedID = desired
        all[index].existing?.ready = true
      }
    }
    Issue.record("the rollout did not end")
  }
}

/// A small deterministic generator (splitmix64), so that a failing seed is a reproduction.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
