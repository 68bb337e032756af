import Synchronization

/// Since when a watch has been waiting for its client to read.
final class WatchProgress: Sendable {
  private let since = Mutex<ContinuousClock.Instant?>(nil)

  func beginWrite(now: ContinuousClock.Instant) { since.withLock { $0 = now } }
  func endWrite() { since.withLock { $0 = nil } }

  /// Whether the current write has lasted longer than ``Limits/watchWriteSeconds``.
  func isStuck(now: ContinuousClock.Instant) -> Bool {
    since.withLock { $0.map { now - $0 > .seconds(Limits.watchWriteSeconds) } ?? false }
  }
}
