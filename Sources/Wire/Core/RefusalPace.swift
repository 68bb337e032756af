/// How quickly refusals of one peer's calls are answered, so that calls that can never succeed cost this side little however many
/// there are: the first at once, further ones ever later, and a peer that goes on without waiting is cut off.
///
/// A token bucket, kept as the one moment at which it is full again (the "theoretical arrival time" of ATM's generic cell rate
/// algorithm, ITU-T I.371): nothing is counted up while nobody is refused.
struct RefusalPace: Hashable, Sendable {
  enum Answer: Hashable, Sendable {
    case atOnce
    case at(Moment)
    /// So many wait that the peer cannot mean to hear the answers.
    case never
  }

  private static let interval = Duration.seconds(1) / WireLimits.refusalsPerSecond

  private let burst: Int
  private var fullAgain = Moment(nanoseconds: 0)

  /// A pace at which `burst` refusals are answered at once.
  init(burst: Int = WireLimits.refusalsAtOnce) { self.burst = burst }

  /// Whether nothing is left of earlier refusals.
  func isRested(_ now: Moment) -> Bool { fullAgain <= now }

  /// When a refusal that is decided now is to be answered. Later refusals are never answered earlier.
  mutating func next(_ now: Moment) -> Answer {
    let next = max(fullAgain, now) + Self.interval
    let due = next - (now + Self.interval * burst)
    guard due <= Self.interval * WireLimits.refusalsWaiting else { return .never }
    fullAgain = next
    return due == .zero ? .atOnce : .at(now + due)
  }
}
