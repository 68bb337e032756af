import Dispatch

/// One serial queue for calls that block in the file system, so that none of them holds up Swift's own threads.
final class BlockingWork: Sendable {
  private let queue: DispatchQueue

  init(label: String) {
    queue = DispatchQueue(label: label)
  }

  /// Performs `body` after everything that was asked for before.
  func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
