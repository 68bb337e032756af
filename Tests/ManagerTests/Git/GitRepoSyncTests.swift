import Testing

@testable import Manager

@Suite struct GitRepoSyncTests {
  private func request(
    generation: Int64 = 1, force: Int64 = 0, reference: String = "main", secrets: String = "", interval: Double = 15,
    pollingDisabled: Bool = false
  ) -> GitRepoSync.Request {
    GitRepoSync.Request(
      generation: generation, forceSyncGeneration: force, reference: reference, secrets: secrets, interval: interval,
      pollingDisabled: pollingDisabled)
  }

  @Test("the first poll is immediate, the next one an interval and its jitter later")
  func pacing() {
    var sync = GitRepoSync(built: nil)
    #expect(sync.next(request(), now: 100) == .poll)
    sync.polled(request(), now: 100, jitter: 0.1)
    #expect(sync.next(request(), now: 101) == .wait(15.5))
    #expect(sync.next(request(), now: 116.4) != .poll)
    #expect(sync.next(request(), now: 116.5) == .poll)
  }

  @Test("any change of the GitRepo is polled at once, also where polling is disabled")
  func changesPollAtOnce() {
    var sync = GitRepoSync(built: nil)
    sync.polled(request(pollingDisabled: true), now: 0, jitter: 0)
    #expect(sync.next(request(pollingDisabled: true), now: 1_000_000) == .idle)
    #expect(sync.next(request(generation: 2, pollingDisabled: true), now: 1) == .poll)
    #expect(sync.next(request(secrets: "rotated", pollingDisabled: true), now: 1) == .poll)
  }

  @Test("the same commit is built once, and again when the spec, the force counter or a secret changes")
  func building() {
    var sync = GitRepoSync(
      built: GitRepoSync.Built(commit: "a", generation: 1, forceSyncGeneration: 0, secrets: ""))
    #expect(!sync.needsBuild(request(), commit: "a", now: 0))
    #expect(sync.needsBuild(request(), commit: "b", now: 0))
    #expect(sync.needsBuild(request(generation: 2), commit: "a", now: 0))
    #expect(sync.needsBuild(request(force: 1), commit: "a", now: 0))
    #expect(sync.needsBuild(request(secrets: "x"), commit: "a", now: 0))
    sync.finished(request(), commit: "b")
    #expect(!sync.needsBuild(request(), commit: "b", now: 0))
    sync.interrupted()
    #expect(sync.needsBuild(request(), commit: "b", now: 0))
  }

  @Test("a build that lacked a chart is repeated, each time after twice the wait, also where polling is disabled")
  func incompleteBuilds() {
    let request = request(pollingDisabled: true)
    var sync = GitRepoSync(built: nil)
    var now = 0.0
    for wait in [15.0, 30, 60, 120, 240, 480, 600, 600] {
      sync.polled(request, now: now, jitter: 0)
      sync.incomplete(request, commit: "a", now: now)
      #expect(!sync.needsBuild(request, commit: "a", now: now + wait - 1))
      #expect(sync.next(request, now: now) == .wait(wait))
      now += wait
      #expect(sync.next(request, now: now) == .poll)
      #expect(sync.needsBuild(request, commit: "a", now: now))
    }
    // The repository's own server is down meanwhile: it is not asked without a pause.
    sync.polled(request, now: now, jitter: 0)
    #expect(sync.next(request, now: now) == .wait(Limits.chartRetrySeconds))
    #expect(sync.needsBuild(request, commit: "b", now: now))
    sync.finished(request, commit: "b")
    #expect(sync.next(request, now: now) == .idle)
  }
}
