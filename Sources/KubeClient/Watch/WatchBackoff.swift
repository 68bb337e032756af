/// How long to wait after one failure after another: decorrelated jitter between a least and a most. Pure: chance is passed in.
public struct WatchBackoff: Sendable, Hashable {
  /// The shortest wait. Default 100 ms.
  public let least: Duration
  /// The longest wait. Default 30 s.
  public let most: Duration
  private var last: Duration?

  /// A fresh backoff.
  public init(least: Duration = .milliseconds(100), most: Duration = .seconds(30)) {
    self.least = least
    self.most = most
  }

  /// The next wait: between the least and three times the last one.
  ///
  /// - Parameter random: a number from 0 up to 1, drawn for this call.
  public mutating func next(random: Double) -> Duration {
    let high = min((last ?? least) * 3, most)
    let wait = least + (high - least) * min(max(random, 0), 1)
    last = wait
    return wait
  }

  /// After a success the next wait is short again.
  public mutating func reset() { last = nil }
}
