import Dispatch
import Synchronization

/// A few serial queues for calls that block in the file system, so that none of them holds up Swift's own threads.
final class BlockingWork: Sendable {
  /// For opening and closing stores.
  static let opening = BlockingWork(label: "flotilla.store.opening", width: 1)

  private let queues: [DispatchQueue]
  private let next = Atomic<Int>(0)

  init(label: String, width: Int) {
    queues = (0..<width).map { DispatchQueue(label: "\(label).\($0)") }
  }

  func perform<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    let queue = queues[Int(UInt(bitPattern: turn) % UInt(queues.count))]
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
