import Wire

/// Bounds how often join tokens can be guessed, by one key and by all together. A value without a clock.
///
/// Each wrong guess costs one of a purse that fills up again with time. While a purse is empty nothing is compared, so the
/// right token is refused as well: those who join wait, those who have joined do not notice.
struct EnrollmentLimiter: Sendable {
  /// What becomes of an attempt.
  enum Verdict: Sendable, Hashable {
    /// It is looked at.
    case proceed
    /// It is not; `first` where this is the first that is not, which is worth a line in the log.
    case wait(first: Bool)
  }

  private struct Purse: Sendable {
    var left: Double
    var at: ContinuousClock.Instant

    mutating func refill(_ limit: (burst: Int, every: Duration), now: ContinuousClock.Instant) {
      left = min(Double(limit.burst), left + max(0, (now - at) / limit.every))
      at = max(at, now)
    }
  }

  private var all: Purse
  private var keys: [CurvePublicKey: Purse] = [:]
  private var isWaiting = false

  init(now: ContinuousClock.Instant) { all = Purse(left: Double(Limits.enrollmentFailures.burst), at: now) }

  /// Whether an attempt of a key is looked at.
  mutating func attempt(_ key: CurvePublicKey, now: ContinuousClock.Instant) -> Verdict {
    all.refill(Limits.enrollmentFailures, now: now)
    keys[key]?.refill(Limits.enrollmentFailuresPerKey, now: now)
    guard all.left >= 1, (keys[key]?.left ?? 1) >= 1 else {
      defer { isWaiting = true }
      return .wait(first: !isWaiting)
    }
    isWaiting = false
    return .proceed
  }

  /// An attempt was a wrong guess. True where the key has none left: its connection is not worth keeping.
  mutating func failed(_ key: CurvePublicKey, now: ContinuousClock.Instant) -> Bool {
    all.refill(Limits.enrollmentFailures, now: now)
    all.left -= 1
    // Whoever guesses takes a new key when the old one has no guesses left; then the purse of all counts, and this map does not.
    if keys[key] == nil, keys.count >= Limits.enrollmentKeysRemembered { keys.removeAll() }
    var purse = keys[key] ?? Purse(left: Double(Limits.enrollmentFailuresPerKey.burst), at: now)
    purse.refill(Limits.enrollmentFailuresPerKey, now: now)
    purse.left -= 1
    keys[key] = purse
    return purse.left < 1
  }
}
