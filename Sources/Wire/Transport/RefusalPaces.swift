/// The paces of peers whose connection ended before they had rested, so that nobody gets a fresh one by connecting again. Only of
/// enrolled keys: another key costs a stranger nothing.
struct RefusalPaces: Sendable {
  private static let swept = 1_024

  private var paces: [CurvePublicKey: RefusalPace] = [:]
  private var sweepAt = Self.swept

  /// Those that are kept.
  var count: Int { paces.count }

  /// Keeps what is left of a peer's pace.
  mutating func keep(_ pace: RefusalPace, of key: CurvePublicKey, now: Moment) {
    guard !pace.isRested(now) else { return }
    if paces.count >= sweepAt {
      paces = paces.filter { !$0.value.isRested(now) }
      sweepAt = max(Self.swept, 2 * paces.count)
    }
    paces[key] = pace
  }

  /// The pace that a peer goes on with.
  mutating func take(_ key: CurvePublicKey) -> RefusalPace { paces.removeValue(forKey: key) ?? RefusalPace() }
}
