import Dispatch
import Synchronization

/// A few serial queues for calls that block or take long, so that none of them holds up Swift's own threads.
final class BlockingWork: Sendable {
  private let queues: [DispatchQueue]
  private let next = Atomic<Int>(0)

  init(label: String, width: Int) {
    queues = (0..<width).map { DispatchQueue(label: "\(label).\($0)") }
  }

  func perform<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    let queue = queues[Int(UInt(bitPattern: turn) % UInt(queues.count))]
    return await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
