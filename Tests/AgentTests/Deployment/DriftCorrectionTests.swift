import Fleet
import Testing

@testable import Agent

@Suite("When drift is corrected")
struct DriftCorrectionTests {
  let web: Set<ObjectIdentity> = [
    ObjectIdentity(apiVersion: "apps/v1", kind: "Deployment", namespace: "n", name: "web")
  ]
  let other: Set<ObjectIdentity> = [ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "other")]

  @Test("At once, each time, while nobody undoes it")
  func atOnce() {
    var correction = DriftCorrection()
    var now = Duration.zero
    for _ in 0..<20 {
      #expect(correction.found(web, at: now) == .correct)
      correction.corrected(at: now + .milliseconds(100))
      #expect(correction.found([], at: now + .milliseconds(200)) == .nothing)
      now += AgentLimits.fightWindow + .seconds(1)
    }
    #expect(!correction.isFighting)
  }

  @Test("An object that is changed back right after every correction is corrected with growing pauses")
  func fight() {
    var correction = DriftCorrection()
    var now = Duration.zero
    var pauses: [Duration] = []
    for _ in 0..<16 {
      switch correction.found(web, at: now) {
      case .correct: break
      case .wait(let pause):
        pauses.append(pause)
        #expect(correction.found(web, at: now + .milliseconds(1)) == .wait(pause - .milliseconds(1)))
        now += pause
        #expect(correction.found(web, at: now) == .correct)
      case .nothing: Issue.record("drift was overlooked")
      }
      correction.corrected(at: now)
      now += .milliseconds(50)
    }
    #expect(correction.isFighting)
    #expect(pauses.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
    #expect(pauses.last == AgentLimits.correctionBackoff.last)
    #expect(pauses.count == 16 - AgentLimits.fightAttempts - 1)
  }

  @Test("A fight is over when a correction has held")
  func peace() {
    var correction = DriftCorrection()
    var now = Duration.zero
    for _ in 0...(AgentLimits.fightAttempts + 1) {
      if case .wait(let pause) = correction.found(web, at: now) {
        now += pause
        _ = correction.found(web, at: now)
      }
      correction.corrected(at: now)
      now += .milliseconds(10)
    }
    #expect(correction.isFighting)
    #expect(correction.found([], at: now) == .nothing)
    #expect(correction.isFighting, "a moment is no peace")
    #expect(correction.found(web, at: now + .seconds(60)) == .correct)
    #expect(!correction.isFighting)
  }

  @Test("An object that looks right for a moment in a fight does not end it")
  func moments() {
    var correction = DriftCorrection()
    for round in 0...AgentLimits.fightAttempts {
      _ = correction.found(web, at: .milliseconds(round * 10))
      correction.corrected(at: .milliseconds(round * 10 + 5))
      #expect(correction.found([], at: .milliseconds(round * 10 + 6)) == .nothing)
    }
    #expect(correction.found(web, at: .milliseconds(100)) == .wait(.seconds(1)))
    #expect(correction.found([], at: .milliseconds(110)) == .nothing)
    #expect(correction.found(web, at: .milliseconds(120)) == .wait(.seconds(1)))
  }

  @Test("Drift of other objects is no fight")
  func others() {
    var correction = DriftCorrection()
    for round in 0..<20 {
      let objects = round.isMultiple(of: 2) ? web : other
      #expect(correction.found(objects, at: .milliseconds(round)) == .correct)
      correction.corrected(at: .milliseconds(round))
    }
  }

  @Test("A correction that fails is tried again with growing pauses, and one that succeeds ends that")
  func failures() {
    var correction = DriftCorrection()
    #expect(correction.found(web, at: .zero) == .correct)
    #expect(correction.failed(at: .zero) == .wait(.seconds(1)))
    #expect(correction.found(web, at: .milliseconds(400)) == .wait(.milliseconds(600)))
    #expect(correction.found(web, at: .seconds(1)) == .correct)
    #expect(correction.failed(at: .seconds(1)) == .wait(.seconds(2)))
    #expect(correction.found([], at: .seconds(2)) == .nothing)
    #expect(correction.found(web, at: .seconds(2)) == .correct)
  }
}
