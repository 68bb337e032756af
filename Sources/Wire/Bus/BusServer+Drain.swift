/// Stopping in peace.
extension BusServer {
  private static let drainStep = Duration.milliseconds(10)
  /// A connection that nobody uses is kept so long after its GOAWAY: libzmq drops what has arrived and was not read when the
  /// connection ends, and an idle peer has nothing else to end it for.
  private static let lastWords = Duration.milliseconds(500)

  /// Sends every peer away over the window, and gives open streams their time. Nobody is let in any more.
  func drain() async {
    admissions.close()
    let connections = admissions.all
    let plan = DrainPlan(
      peers: connections.count, window: configuration.drainWindow, spread: configuration.returnSpread)
    let began = ContinuousClock.now
    var sent = 0
    while sent < connections.count {
      let elapsed = ContinuousClock.now - began
      let due = plan.departures(after: elapsed)
      let retry = plan.retry(after: elapsed)
      let goaway = Goaway(
        reason: "the manager is stopping", retryAfterMinMs: retry.lowerBound.wholeMilliseconds,
        retryAfterMaxMs: retry.upperBound.wholeMilliseconds)
      for connection in connections[sent..<due] { connection.leave(goaway) }
      sent = due
      if sent < connections.count, (try? await Task.sleep(for: Self.drainStep)) == nil { return }
    }
    await wait(until: configuration.drainTimeout) {
      await withDiscardingTaskGroup { group in
        for connection in connections {
          group.addTask {
            await connection.waitUntilIdle()
            await self.wait(until: Self.lastWords) { _ = await connection.waitForEnd() }
          }
        }
      }
    }
  }

  /// Waits for something, or until the time is over.
  private func wait(until time: Duration, for body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      group.addTask {
        // Cancelled where the body was first.
        try? await Task.sleep(for: time)
      }
      await group.next()
      group.cancelAll()
    }
  }
}
