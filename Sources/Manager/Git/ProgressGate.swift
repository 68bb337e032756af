import Synchronization

/// Lets one message through at a time, and none within an interval of the last one.
final class ProgressGate: Sendable {
  private let interval: Duration
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  init(interval: Duration) { self.interval = interval }

  /// Whether a message at this time goes through.
  func opens(at time: ContinuousClock.Instant) -> Bool {
    last.withLock { last in
      if let last, time - last < interval { return false }
      last = time
      return true
    }
  }
}
