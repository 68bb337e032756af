import Dispatch
import Synchronization

/// A few serial queues for calls that block or take long, so that none of them holds up Swift's own threads.
public final class BlockingWork: Sendable {
  /// For opening and closing stores.
  static let opening = BlockingWork(label: "flotilla.store.opening", width: 1)

  private let queues: [DispatchQueue]
  private let next = Atomic<Int>(0)

  /// - Parameters:
  ///   - label: what the queues are called, with a number after it.
  ///   - width: how many calls run at a time, at least 1.
  public init(label: String, width: Int) {
    queues = (0..<max(1, width)).map { DispatchQueue(label: "\(label).\($0)") }
  }

  /// Performs a call on the next queue in turn, and throws what it throws.
  public func perform<T: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> T
  ) async throws(Failure) -> T {
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    let queue = queues[Int(UInt(bitPattern: turn) % UInt(queues.count))]
    let result: Result<T, Failure> = await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: Result(catching: body)) }
    }
    return try result.get()
  }
}
