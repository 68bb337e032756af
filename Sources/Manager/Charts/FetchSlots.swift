/// Admits so many fetches at once, and no more than a part of them from one server, so that a slow one leaves room for
/// the others. Those who wait are admitted in the order in which they came.
actor FetchSlots {
  private struct Waiting {
    let id: Int
    let server: String
    let continuation: CheckedContinuation<Bool, Never>
  }

  private let total: Int
  private let perServer: Int
  private var running = 0
  private var runningPerServer: [String: Int] = [:]
  private var waiting: [Waiting] = []
  private var lastID = 0

  init(total: Int, perServer: Int) {
    self.total = total
    self.perServer = perServer
  }

  /// Runs the body when there is room. Throws `CancellationError` when the task was cancelled before that, and what the
  /// body throws.
  func perform<T: Sendable>(_ server: String, _ body: @Sendable () async throws -> T) async throws -> T {
    guard await enter(server) else { throw CancellationError() }
    defer { leave(server) }
    return try await body()
  }

  private func enter(_ server: String) async -> Bool {
    if hasRoom(server) {
      admit(server)
      return true
    }
    lastID += 1
    let id = lastID
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: false) }
        waiting.append(Waiting(id: id, server: server, continuation: continuation))
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
  }

  private func leave(_ server: String) {
    running -= 1
    let left = runningPerServer[server, default: 1] - 1
    runningPerServer[server] = left == 0 ? nil : left
    while let index = waiting.firstIndex(where: { hasRoom($0.server) }) {
      let next = waiting.remove(at: index)
      admit(next.server)
      next.continuation.resume(returning: true)
    }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
    waiting.remove(at: index).continuation.resume(returning: false)
  }

  private func hasRoom(_ server: String) -> Bool {
    running < total && runningPerServer[server, default: 0] < perServer
  }

  private func admit(_ server: String) {
    running += 1
    runningPerServer[server, default: 0] += 1
  }
}
