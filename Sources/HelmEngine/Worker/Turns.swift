import Synchronization

/// Lends numbered places, first come, first served.
final class Turns: Sendable {
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Result<Int, HelmError>, Never>
  }

  private struct State {
    var free: [Int]
    var waiters: [Waiter] = []
    var lastID: UInt64 = 0
  }

  private let state: Mutex<State>
  private let capacity: Int

  /// `count` places, numbered from 0; at most `waiting` wait for one.
  init(count: Int, waiting: Int) {
    state = Mutex(State(free: Array((0..<count).reversed())))
    capacity = waiting
  }

  /// How many wait for a place.
  var waiting: Int { state.withLock { $0.waiters.count } }

  /// A place, when there is one. The caller owes `giveBack` for it. Throws `HelmError` with `overloaded` or `cancelled`.
  func take(doing: String) async throws(HelmError) -> Int {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Result<Int, HelmError>? in
          if Task.isCancelled { return .failure(Self.cancellation(doing)) }
          if let place = state.free.popLast() { return .success(place) }
          guard state.waiters.count < capacity else {
            return .failure(
              HelmError(code: .overloaded, message: "\(doing): \(capacity) requests wait already: try again later"))
          }
          state.waiters.append(Waiter(id: id, continuation: continuation))
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return state.waiters.remove(at: index)
      }
      waiter?.continuation.resume(returning: .failure(Self.cancellation(doing)))
    }
    return try result.get()
  }

  /// Gives a place back, to who waits the longest.
  func giveBack(_ place: Int) {
    let next = state.withLock { state -> Waiter? in
      guard !state.waiters.isEmpty else {
        state.free.append(place)
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.continuation.resume(returning: .success(place))
  }

  private static func cancellation(_ doing: String) -> HelmError {
    HelmError(code: .cancelled, message: "\(doing): cancelled")
  }
}
