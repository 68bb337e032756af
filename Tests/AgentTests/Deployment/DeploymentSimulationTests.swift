import HelmEngine
import Testing

@testable import Agent

/// A small generator with a seed, so that a failing run is one line to repeat (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// One deployment, a cluster and a record that survives crashes, driven by chance.
private struct Simulation {
  var random: SeededGenerator
  var life = DeploymentLifecycle()
  /// The release's version that the cluster holds; a half-done one counts as unknown.
  var cluster: [ReleaseIdentity: String?] = [:]
  var record: (releases: [ReleaseIdentity], applied: AppliedRelease?) = ([], nil)
  var wanted: DeploymentLifecycle.Target?
  var running: DeploymentLifecycle.Directive?
  var hasTimer = false
  var isForgotten = true
  var applications = 0
  var isHealthy = false

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func send(_ event: DeploymentLifecycle.Event) {
    for directive in life.handle(event) { perform(directive) }
  }

  mutating func perform(_ directive: DeploymentLifecycle.Directive) {
    switch directive {
    case .record: record = (life.releases, life.applied)
    case .apply(let target):
      #expect(running == nil, "two operations at once")
      #expect(record.releases.contains(target.release), "applied before it was noted")
      running = directive
    case .correct(let applied):
      #expect(running == nil, "two operations at once")
      #expect(
        life.isCurrent && life.target?.isPaused == false && applied == life.applied, "corrected what is not to stand")
      running = directive
    case .verify, .uninstall, .removeReleases:
      #expect(running == nil, "two operations at once")
      running = directive
    case .scheduleRetry: hasTimer = true
    case .cancelRetry: hasTimer = false
    case .forget:
      #expect(cluster.isEmpty, "forgotten with releases left: \(cluster)")
      isForgotten = true
      record = ([], nil)
      life = DeploymentLifecycle()
    case .observe, .stopObserving, .report: break
    }
  }

  mutating func finish() {
    guard let operation = running else { return }
    let fails = !isHealthy && Int.random(in: 0..<3, using: &random) == 0
    running = nil
    switch operation {
    case .apply(let target):
      if fails {
        // Some objects may be there already.
        if Bool.random(using: &random) { cluster[target.release] = .some(nil) }
        let kinds: [DeploymentFailure.Kind] = [.transient, .unreachable, .dependency]
        return send(
          .applyFailed(DeploymentFailure(kind: kinds.randomElement(using: &random) ?? .transient, message: "x")))
      }
      applications += 1
      cluster[target.release] = target.deploymentID
      send(.applied(AppliedRelease(deploymentID: target.deploymentID, release: target.release, revision: 1)))
    case .verify(let applied):
      if fails { return send(.verifyFailed(DeploymentFailure(kind: .unreachable, message: "x"))) }
      send(.verified(exists: cluster[applied.release] != nil))
    case .correct(var applied):
      if fails { return send(.correctFailed(DeploymentFailure(kind: .transient, message: "x"))) }
      applied.revision += 1
      send(.corrected(applied))
    case .uninstall(let releases, _), .removeReleases(let releases, _):
      if fails { return send(.removeFailed(DeploymentFailure(kind: .transient, message: "x"))) }
      for release in releases { cluster[release] = nil }
      send(.removed(releases))
    default: break
    }
  }

  mutating func crash() {
    // What was under way may or may not have reached the cluster.
    if case .apply(let target)? = running, Bool.random(using: &random) { cluster[target.release] = .some(nil) }
    running = nil
    hasTimer = false
    life = DeploymentLifecycle(releases: record.releases, applied: record.applied)
    if let wanted { send(.wanted(wanted)) } else if !record.releases.isEmpty { send(.unwanted) }
  }

  mutating func step() {
    switch Int.random(in: 0..<21, using: &random) {
    case 20: if !isForgotten { send(.drifted) }
    case 0, 1:
      let release = ReleaseIdentity(name: "r\(Int.random(in: 0..<2, using: &random))", namespace: "n")
      let version = "v\(Int.random(in: 0..<4, using: &random))@\(release)"
      let target = DeploymentLifecycle.Target(
        version: version, deploymentID: version, release: release, isPaused: Int.random(in: 0..<6, using: &random) == 0)
      wanted = target
      isForgotten = false
      send(.wanted(target))
    case 2:
      guard wanted != nil else { return }
      wanted = nil
      send(.unwanted)
    case 3: crash()
    case 4: if !isForgotten { send(.resync) }
    case 5: if !isForgotten { send(.clusterReachable) }
    case 6: if !isForgotten { send(.dependenciesChanged) }
    case 7:
      cluster[
        cluster.keys.sorted { $0.name < $1.name }.randomElement(using: &random) ?? .init(name: "", namespace: "")] = nil
    case 8..<11:
      if hasTimer {
        hasTimer = false
        send(.retryDue)
      }
    default: finish()
    }
  }

  /// From here nothing fails any more: everything that is under way, and then a resync.
  mutating func settle() -> Bool {
    isHealthy = true
    for _ in 0..<100 {
      if running != nil {
        finish()
      } else if hasTimer {
        hasTimer = false
        send(.retryDue)
      } else {
        return true
      }
    }
    return false
  }
}

@Suite("A deployment's life, by chance")
struct DeploymentSimulationTests {
  @Test("However versions, failures and crashes fall, the cluster ends with exactly what is wanted", arguments: 0..<20)
  func converges(block: Int) {
    for seed in (block * 200)..<(block * 200 + 200) {
      var simulation = Simulation(seed: UInt64(seed))
      for _ in 0..<120 { simulation.step() }
      var settles = simulation.settle()
      if !simulation.isForgotten {
        simulation.send(.resync)
        settles = simulation.settle() && settles
      }
      #expect(settles, "seed \(seed) does not settle")
      if let wanted = simulation.wanted, !wanted.isPaused {
        #expect(simulation.cluster == [wanted.release: wanted.deploymentID], "seed \(seed)")
        let before = simulation.applications
        simulation.crash()
        settles = simulation.settle()
        #expect(settles, "seed \(seed) does not settle after a restart")
        #expect(simulation.applications == before, "seed \(seed) deploys again after a restart")
      } else if simulation.wanted == nil {
        #expect(simulation.cluster.isEmpty, "seed \(seed) leaves \(simulation.cluster)")
      }
    }
  }
}
