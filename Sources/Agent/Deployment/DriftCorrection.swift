import Fleet

/// When drift of one deployment is corrected: at once, unless somebody changes the same objects back right after every correction,
/// or correcting fails; then with growing pauses.
///
/// A value without clock: times are since any fixed moment.
struct DriftCorrection: Sendable, Equatable {
  /// What is to be done.
  enum Decision: Sendable, Equatable {
    case nothing
    /// Correct now.
    case correct
    /// Ask again after this time.
    case wait(Duration)
  }

  private struct Correction: Equatable {
    var objects: Set<ObjectIdentity>
    var end: Duration
    /// Whether drift has been found since.
    var wasFollowed = false
  }

  /// What the correction is about that was decided on last.
  private var objects: Set<ObjectIdentity> = []
  private var last: Correction?
  private var fights = 0
  private var failures = 0
  private var notBefore: Duration?

  /// Whether corrections are put off because they are undone.
  var isFighting: Bool { fights > AgentLimits.fightAttempts }

  /// What to do about objects that differ and could be put right.
  mutating func found(_ found: Set<ObjectIdentity>, at now: Duration) -> Decision {
    guard !found.isEmpty else {
      settle(at: now)
      return .nothing
    }
    if let notBefore {
      guard now >= notBefore else { return .wait(notBefore - now) }
    } else {
      count(found, at: now)
      if isFighting { return put(off: fights - AgentLimits.fightAttempts, at: now) }
    }
    notBefore = nil
    objects = found
    return .correct
  }

  /// The objects were put right.
  mutating func corrected(at now: Duration) {
    last = Correction(objects: objects, end: now)
    failures = 0
    notBefore = nil
  }

  /// They could not be.
  mutating func failed(at now: Duration) -> Decision {
    failures += 1
    return put(off: failures, at: now)
  }

  /// Counts a correction as undone, once, if the same objects differ again within a short time.
  private mutating func count(_ found: Set<ObjectIdentity>, at now: Duration) {
    guard let last, !last.wasFollowed else { return }
    let isUndone = now - last.end < window && !last.objects.isDisjoint(with: found)
    self.last?.wasFollowed = true
    fights = isUndone ? fights + 1 : 0
  }

  private mutating func put(off count: Int, at now: Duration) -> Decision {
    let (first, last) = AgentLimits.correctionBackoff
    let pause = min(first * (1 << min(count - 1, 20)), last)
    notBefore = now + pause
    return .wait(pause)
  }

  /// A fight is over when a correction has held for longer than the one before had to wait.
  private mutating func settle(at now: Duration) {
    failures = 0
    notBefore = nil
    guard let last, now - last.end >= window else { return }
    self.last = nil
    fights = 0
  }

  private var window: Duration {
    guard isFighting else { return AgentLimits.fightWindow }
    let (first, last) = AgentLimits.correctionBackoff
    return AgentLimits.fightWindow + min(first * (1 << min(fights - AgentLimits.fightAttempts, 20)), last)
  }
}
