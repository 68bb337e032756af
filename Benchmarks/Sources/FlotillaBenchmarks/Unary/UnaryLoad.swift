/// The load of `wire-unary`, the same for both sides: callers that each make one call after another over one connection.
struct UnaryLoad {
  /// Callers at once.
  var callers: Int
  /// Calls of each caller.
  var calls: Int

  /// What came of it.
  struct Outcome {
    /// Round trips a second, of all callers together.
    var rate: Double
    /// The median of a call's time, in microseconds.
    var median: Double
  }

  /// Calls each caller's share, after a tenth of it that is not measured.
  func run(_ call: @escaping @Sendable () async throws -> Void) async throws -> Outcome {
    _ = try await round(max(1, calls / 10), call)
    let began = ContinuousClock.now
    let times = try await round(calls, call).sorted()
    let seconds = Measure.seconds(ContinuousClock.now - began)
    return Outcome(rate: Double(times.count) / seconds, median: Measure.seconds(times[times.count / 2]) * 1e6)
  }

  private func round(_ calls: Int, _ call: @escaping @Sendable () async throws -> Void) async throws -> [Duration] {
    try await withThrowingTaskGroup(of: [Duration].self) { group in
      for _ in 0..<callers {
        group.addTask {
          var times: [Duration] = []
          times.reserveCapacity(calls)
          for _ in 0..<calls {
            let began = ContinuousClock.now
            try await call()
            times.append(ContinuousClock.now - began)
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }
}
