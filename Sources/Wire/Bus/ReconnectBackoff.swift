/// How long to wait before connecting again: decorrelated jitter, so that a herd which lost its server at one moment does not
/// come back at one moment. Each wait is chosen between `minimum` and three times the wait before, at most `maximum`.
public struct ReconnectBackoff: Sendable {
  /// The shortest wait, and the first one's lower end.
  public let minimum: Duration
  /// The longest wait.
  public let maximum: Duration
  private var previous: Duration

  /// A backoff that has not waited yet.
  public init(minimum: Duration = .milliseconds(100), maximum: Duration = .seconds(30)) {
    self.minimum = minimum
    self.maximum = max(minimum, maximum)
    previous = minimum
  }

  /// The next wait. `random` gives a number from 0 up to but not including 1.
  public mutating func next(random: () -> Double) -> Duration {
    let upper = min(maximum, previous * 3)
    let share = min(max(random(), 0), 1)
    previous = min(maximum, minimum + (upper - minimum) * share)
    return previous
  }

  /// The wait that a GOAWAY asks for: chosen at random from its window, at most `limit`. `random` as above.
  public static func pause(
    after goaway: Goaway, limit: Duration, random: () -> Double
  ) -> Duration {
    let low = Duration.milliseconds(clamping: goaway.retryAfterMinMs)
    let high = max(low, Duration.milliseconds(clamping: goaway.retryAfterMaxMs))
    return min(limit, low + (high - low) * min(max(random(), 0), 1))
  }

  /// Begins again with the shortest waits; to be called when a connection proved good.
  public mutating func reset() { previous = minimum }
}
