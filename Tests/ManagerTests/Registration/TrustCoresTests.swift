import Document
import Fleet
import Store
import Testing
import Wire

@testable import Manager

@Suite("Who is let in, decided without I/O")
struct TrustCoresTests {
  private let cluster = ObjectName(namespace: "fleet-default", name: "a")

  private func change(_ record: AgentKeyRecord, _ revision: UInt64) -> ObjectChange {
    let key = AgentKeyRecord.key(cluster: record.cluster)
    let stored = StoredObject(key: key, body: record.encoded(), revision: Revision(revision), created: Revision(1))
    return ObjectChange(key: key, object: stored, revision: Revision(revision))
  }

  @Test("both keys of a change are let in; a revocation takes both, and a key that is replaced is forgotten")
  func roster() throws {
    let (old, new) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
    var roster = KeyRoster()
    var record = AgentKeyRecord(cluster: cluster, publicKey: old, enrolled: "")
    var said = roster.follow(change(record, 1))
    #expect(said == [.init(key: old, standing: .admitted(cluster))])
    record.next = new
    said = roster.follow(change(record, 2))
    #expect(said == [.init(key: new, standing: .admitted(cluster))])
    record.revoked = "now"
    said = roster.follow(change(record, 3))
    #expect(said.count == 2 && said.allSatisfy { $0.standing == .revoked })
    record.revoked = ""
    said = roster.follow(change(record, 4))
    #expect(said.count == 2 && said.allSatisfy { $0.standing == .admitted(cluster) })
    record.publicKey = new
    record.next = nil
    said = roster.follow(change(record, 5))
    #expect(said == [.init(key: old, standing: .unknown)])
    #expect(roster.standing(new) == .admitted(cluster))
  }

  @Test("a revoked key whose Cluster is deleted stays revoked")
  func tombstone() throws {
    let key = try CurveKeyPair.generate().publicKey
    var record = AgentKeyRecord(cluster: cluster, publicKey: key, enrolled: "")
    record.revoked = "now"
    var roster = KeyRoster()
    _ = roster.follow(change(record, 1))
    guard case .put(let body) = RevokedKeyRecord.write(key, cluster: cluster, revoked: "now").change else { return }
    let place = RevokedKeyRecord.key(key)
    let stored = StoredObject(key: place, body: body, revision: Revision(2), created: Revision(2))
    let kept = roster.follow(ObjectChange(key: place, object: stored, revision: Revision(2)))
    #expect(kept.isEmpty)
    let gone = ObjectChange(key: AgentKeyRecord.key(cluster: cluster), object: nil, revision: Revision(3))
    let left = roster.follow(gone)
    #expect(left.isEmpty)
    #expect(roster.standing(key) == .revoked)
  }

  @Test("what a writer knows first is not undone by what the watch brings late, nor the other way round")
  func order() throws {
    let (old, new) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
    var roster = KeyRoster()
    let first = AgentKeyRecord(cluster: cluster, publicKey: old, enrolled: "")
    let second = AgentKeyRecord(cluster: cluster, publicKey: new, enrolled: "")
    _ = roster.anticipate(change(second, 5))
    let late = roster.follow(change(first, 3))
    #expect(late.isEmpty)
    #expect(roster.standing(new) == .admitted(cluster))
    var revoked = second
    revoked.revoked = "now"
    _ = roster.follow(change(revoked, 7))
    let stale = roster.anticipate(change(second, 5))
    #expect(stale.isEmpty)
    #expect(roster.standing(new) == .revoked)
  }

  @Test("one key guesses a few times, all together some more, and both may again after a while")
  func limiter() throws {
    let begin = ContinuousClock.now
    var limiter = EnrollmentLimiter(now: begin)
    let key = try CurveKeyPair.generate().publicKey
    var isCut = false
    var verdict = EnrollmentLimiter.Verdict.proceed
    for _ in 0..<Limits.enrollmentFailuresPerKey.burst {
      verdict = limiter.attempt(key, now: begin)
      #expect(verdict == .proceed)
      isCut = limiter.failed(key, now: begin)
    }
    #expect(isCut)
    verdict = limiter.attempt(key, now: begin)
    #expect(verdict == .wait(first: true))
    verdict = limiter.attempt(key, now: begin)
    #expect(verdict == .wait(first: false))
    let later = begin + Limits.enrollmentFailuresPerKey.every
    verdict = limiter.attempt(key, now: later)
    #expect(verdict == .proceed)

    var guesses = 0
    while case .proceed = limiter.attempt(try CurveKeyPair.generate().publicKey, now: later) {
      _ = limiter.failed(try CurveKeyPair.generate().publicKey, now: later)
      guesses += 1
    }
    #expect(guesses == Limits.enrollmentFailures.burst)
    let other = try CurveKeyPair.generate().publicKey
    verdict = limiter.attempt(other, now: later + Limits.enrollmentFailures.every * 2)
    #expect(verdict == .proceed)
  }

  @Test("an agent that starts again is no duplicate; one that was replaced and comes back is")
  func duplicates() {
    var watch = DuplicateWatch()
    let starts = [("1", "a"), ("1", "a"), ("2", "a"), ("1", "b"), ("1", "a"), ("2", "a")]
    let found = starts.map { watch.began($0.0, of: $0.1) }
    #expect(found == [false, false, false, false, true, true])
  }

  @Test("terms of a token that nobody can have meant let nobody join")
  func terms() throws {
    func read(_ annotations: Value) -> JoinTokenTerms? {
      try? JoinTokenTerms.read(["metadata": ["annotations": annotations]]).get()
    }
    #expect(read([:]) == JoinTokenTerms())
    #expect(read(["flotilla.io/max-uses": "3"])?.maxUses == 3)
    #expect(read(["flotilla.io/require-approval": "true"])?.requiresApproval == true)
    for text in ["0", "-1", "many", "", "100001"] {
      #expect(read(["flotilla.io/max-uses": .string(text)]) == nil, "\(text)")
    }
    #expect(read(["flotilla.io/require-approval": "yes"]) == nil)
  }
}
