import HelmEngine
import Testing

@testable import Agent

@Suite("A deployment's life")
struct DeploymentLifecycleTests {
  let web = ReleaseIdentity(name: "web", namespace: "shop")

  func target(_ version: String, release: ReleaseIdentity? = nil, isPaused: Bool = false) -> DeploymentLifecycle.Target
  {
    DeploymentLifecycle.Target(
      version: "bus-\(version)", deploymentID: version, release: release ?? web, isPaused: isPaused)
  }

  func applied(_ version: String, release: ReleaseIdentity? = nil, revision: Int = 1) -> AppliedRelease {
    AppliedRelease(deploymentID: version, release: release ?? web, revision: revision)
  }

  @Test("A new version is noted durably, then applied, then watched, then reported")
  func install() {
    var life = DeploymentLifecycle()
    #expect(life.handle(.wanted(target("a"))) == [.report, .record, .apply(target("a"))])
    #expect(life.releases == [web])
    #expect(life.handle(.applied(applied("a"))) == [.record, .report, .observe])
    #expect(life.isCurrent)
  }

  @Test("A restart on an applied version looks at the release and deploys nothing")
  func restart() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    #expect(life.handle(.wanted(target("a"))) == [.report, .verify(applied("a"))])
    #expect(life.handle(.verified(exists: true)) == [.observe])
    #expect(life.handle(.wanted(target("a"))) == [])
    #expect(life.handle(.resync) == [.verify(applied("a"))])
    #expect(life.handle(.verified(exists: true)) == [])
  }

  @Test("A release that somebody removed is deployed again")
  func releaseGone() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    #expect(life.handle(.verified(exists: false)) == [.record, .report, .apply(target("a"))])
  }

  @Test("Drift of what stands is corrected once; the new revision is noted, watched and reported")
  func drift() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    #expect(life.handle(.drifted) == [], "not beside another operation")
    #expect(life.handle(.verified(exists: true)) == [.observe, .correct(applied("a"))])
    #expect(life.handle(.corrected(applied("a", revision: 2))) == [.record, .observe, .report])
    #expect(life.applied?.revision == 2)
    #expect(life.handle(.drifted) == [.correct(applied("a", revision: 2))])
    let failure = DeploymentFailure(kind: .transient, message: "no")
    #expect(life.handle(.correctFailed(failure)) == [], "who reported the drift decides when to try again")
    #expect(life.failure == nil && life.isCurrent)
  }

  @Test("Drift is not corrected while the deployment is paused, being replaced or removed")
  func driftOfOthers() {
    var paused = DeploymentLifecycle(releases: [web], applied: applied("a"))
    #expect(paused.handle(.wanted(target("a", isPaused: true))) == [.report])
    #expect(paused.handle(.drifted) == [])
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    _ = life.handle(.wanted(target("b")))
    #expect(life.handle(.drifted) == [])
    #expect(life.handle(.applied(applied("b", revision: 2))) == [.record, .observe, .report])
    _ = life.handle(.unwanted)
    #expect(life.handle(.drifted) == [])
  }

  @Test("A version that arrives while another is being applied is applied after it, never beside it")
  func supersededWhileApplying() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    #expect(life.handle(.wanted(target("b"))) == [.report])
    #expect(life.handle(.applied(applied("a"))) == [.record, .report, .record, .apply(target("b"))])
    #expect(life.handle(.applied(applied("b", revision: 2))) == [.record, .report, .observe])
  }

  @Test("The failure of a version that is wanted no more does not hold up its successor")
  func failureOfSuperseded() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.wanted(target("b")))
    let failure = DeploymentFailure(kind: .final, message: "no")
    #expect(life.handle(.applyFailed(failure)) == [.apply(target("b"))])
    #expect(life.failure == nil)
  }

  @Test("Options that do not change the deployment id are reported, not deployed")
  func sameDeploymentID() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    var other = target("a")
    other.version = "bus-a2"
    #expect(life.handle(.wanted(other)) == [.report])
  }

  @Test(
    "A transient failure is reported once and tried again with growing pauses, a final one not before a new version")
  func failures() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    let failure = DeploymentFailure(kind: .transient, message: "webhook timed out")
    #expect(life.handle(.applyFailed(failure)) == [.report, .scheduleRetry(.milliseconds(500))])
    #expect(life.handle(.retryDue) == [.apply(target("a"))])
    #expect(life.handle(.applyFailed(failure)) == [.scheduleRetry(.milliseconds(1000))])
    #expect(life.handle(.resync) == [])
    _ = life.handle(.retryDue)
    let final = DeploymentFailure(kind: .final, message: "fleet.yaml:3: broken")
    #expect(life.handle(.applyFailed(final)) == [.report])
    #expect(life.handle(.resync) == [])
    #expect(life.handle(.retryDue) == [])
    #expect(life.handle(.wanted(target("b"))) == [.report, .apply(target("b"))])
  }

  @Test("A version waits for a cluster that does not answer with short pauses, and is tried at once when it does")
  func unreachable() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    let failure = DeploymentFailure(kind: .unreachable, message: "connection refused")
    for _ in 0..<10 {
      let directives = life.handle(.applyFailed(failure))
      guard case .scheduleRetry(let pause)? = directives.last else { break }
      #expect(pause <= .seconds(5))
      _ = life.handle(.retryDue)
    }
    _ = life.handle(.applyFailed(failure))
    #expect(life.handle(.clusterReachable) == [.cancelRetry, .apply(target("a"))])
  }

  @Test("A deployment that waits for others is tried again when one of them changes")
  func dependency() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    let failure = DeploymentFailure(kind: .dependency, message: "dependent bundle(s) are not ready: [db]")
    #expect(life.handle(.applyFailed(failure)) == [.report, .scheduleRetry(.seconds(300))])
    #expect(life.handle(.dependenciesChanged) == [.cancelRetry, .apply(target("a"))])
  }

  @Test("A renamed release is removed after the new one stands, and not before")
  func rename() {
    let shop = ReleaseIdentity(name: "shop", namespace: "shop")
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    #expect(life.handle(.wanted(target("b", release: shop))) == [.report, .record, .apply(target("b", release: shop))])
    let failure = DeploymentFailure(kind: .transient, message: "no")
    _ = life.handle(.applyFailed(failure))
    #expect(life.releases == [web, shop])
    _ = life.handle(.retryDue)
    let stands = applied("b", release: shop)
    #expect(
      life.handle(.applied(stands)) == [.record, .observe, .report, .removeReleases([web], superseding: stands)])
    #expect(life.handle(.removed([web])) == [.record])
    #expect(life.releases == [shop])
  }

  @Test("What is wanted no more is uninstalled, also after a failed first installation, and then forgotten")
  func removal() {
    var life = DeploymentLifecycle()
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.applyFailed(DeploymentFailure(kind: .transient, message: "no")))
    #expect(life.handle(.unwanted) == [.cancelRetry, .uninstall([web], keepsResources: false)])
    let failure = DeploymentFailure(kind: .transient, message: "hook failed")
    #expect(life.handle(.removeFailed(failure)) == [.scheduleRetry(.milliseconds(500))])
    #expect(life.handle(.retryDue) == [.uninstall([web], keepsResources: false)])
    #expect(life.handle(.removed([web])) == [.record, .forget])
  }

  @Test("A deployment that comes back while it is being uninstalled is installed again")
  func comesBack() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    #expect(life.handle(.unwanted) == [.stopObserving, .record, .uninstall([web], keepsResources: false)])
    #expect(life.handle(.wanted(target("a"))) == [.report])
    #expect(life.handle(.removed([web])) == [.record, .record, .apply(target("a"))])
  }

  @Test("A paused deployment is neither deployed nor watched, and goes on when it is released")
  func paused() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    #expect(life.handle(.wanted(target("b", isPaused: true))) == [.report, .stopObserving])
    #expect(life.handle(.resync) == [])
    #expect(life.handle(.wanted(target("b"))) == [.report, .record, .apply(target("b"))])
  }

  @Test("Going back to the version that stood before a failed upgrade deploys it again, also after a crash")
  func goesBack() {
    var life = DeploymentLifecycle(releases: [web], applied: applied("a"))
    _ = life.handle(.wanted(target("a")))
    _ = life.handle(.verified(exists: true))
    #expect(life.handle(.wanted(target("b"))) == [.report, .record, .apply(target("b"))])
    let crashed = DeploymentLifecycle(releases: life.releases, applied: life.applied)
    _ = life.handle(.applyFailed(DeploymentFailure(kind: .transient, message: "no")))
    #expect(life.handle(.wanted(target("a"))) == [.cancelRetry, .report, .apply(target("a"))])
    var restarted = crashed
    #expect(restarted.handle(.wanted(target("a"))) == [.report, .apply(target("a"))])
  }
}
