import Synchronization

/// A number that only grows: one atomic, to be counted from any thread.
public final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)

  /// Zero.
  public init() {}

  /// Counts so many more.
  public func add(_ more: UInt64 = 1) { count.add(more, ordering: .relaxed) }

  /// What was counted so far.
  public var value: UInt64 { count.load(ordering: .relaxed) }
}
