import Synchronization

/// How often something took how long. Observing costs a lock that is held for nanoseconds and the search for a bucket; memory
/// does not grow.
public final class Histogram: Sendable {
  /// What was observed so far.
  public struct Snapshot: Sendable, Hashable {
    /// Upper bounds of the buckets, in seconds, ascending, each belonging to its bucket. A last bucket has none.
    public let bounds: [Double]
    /// Observations in each bucket, one more than there are bounds.
    public let counts: [UInt64]
    /// Seconds of all observations together.
    public let sum: Double
  }

  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  /// Nothing observed. `bounds` are upper bounds in seconds; they are sorted.
  public init(bounds: [Double]) {
    self.bounds = bounds.sorted()
    state = Mutex(State(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
  }

  /// Bounds for a write to disk: half a millisecond to five seconds.
  public static let writeBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
  /// Bounds for the way to an agent and back: five milliseconds to ten minutes.
  public static let deliveryBounds = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]

  /// Takes in that something took so long.
  public func observe(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let value = Double(seconds) + Double(attoseconds) / 1e18
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
    }
  }

  /// What was observed so far.
  public var snapshot: Snapshot {
    state.withLock { Snapshot(bounds: bounds, counts: $0.counts, sum: $0.sum) }
  }
}
