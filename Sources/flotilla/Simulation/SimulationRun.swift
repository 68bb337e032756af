import Agent
import Dispatch
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Holds the children of a simulation from their start to the last one's end.
struct SimulationRun {
  private enum Event: Sendable {
    case word(Int, SimulationWorker.Word)
    case tick
    /// Somebody, or the clock, says that it is enough.
    case enough
  }

  let display: SimulationDisplay
  let lasts: Duration?

  /// Starts a child for each list of arguments, shows what they report until it is enough, and sums up.
  ///
  /// - Throws: `CommandError` where the manager refuses to enrol, or a child ends that should not.
  func run(_ children: [[String]]) async throws {
    let (events, say) = AsyncStream<Event>.makeStream()
    let signals = Self.catchSignals { say.yield(.enough) }
    defer { for source in signals { source.cancel() } }
    var workers: [SimulationWorker] = []
    defer { for worker in workers { worker.end() } }
    for (index, arguments) in children.enumerated() {
      workers.append(try SimulationWorker(arguments: arguments) { say.yield(.word(index, $0)) })
    }
    let (interval, lasts) = (display.interval, lasts)
    let clock = Task {
      while (try? await Task.sleep(for: interval)) != nil { say.yield(.tick) }
    }
    let alarm = Task {
      guard let lasts, (try? await Task.sleep(for: lasts)) != nil else { return }
      say.yield(.enough)
    }
    defer {
      clock.cancel()
      alarm.cancel()
    }
    try await hear(events, workers)
  }

  private func hear(_ events: AsyncStream<Event>, _ workers: [SimulationWorker]) async throws {
    var display = display
    var reports = [SimulationReport?](repeating: nil, count: workers.count)
    // What there was when it was enough: at their end agents are connected no more.
    var last: SimulationReport?
    var problem: CommandError?
    var running = workers.count
    func end() {
      if last == nil { last = SimulationReport(sum: reports.compactMap { $0 }) }
      for worker in workers { worker.end() }
    }
    for await event in events {
      switch event {
      case .tick: if last == nil { try display.show(SimulationReport(sum: reports.compactMap { $0 })) }
      case .enough: end()
      case .word(let index, .report(let report)):
        reports[index] = report
        guard !report.refusal.isEmpty, problem == nil else { continue }
        problem = CommandError(report.refusal)
        end()
      case .word(_, .ended(let status)):
        running -= 1
        if last == nil || (status != 0 && problem == nil) {
          let how = status < 0 ? "by signal \(-status)" : "with status \(status)"
          problem = problem ?? CommandError("a child of the simulation ended \(how); its last words are above")
          end()
        }
      }
      if running == 0 { break }
    }
    try display.summarize(last ?? SimulationReport())
    if let problem { throw problem }
  }

  /// SIGINT and SIGTERM, as often as they come.
  private static func catchSignals(_ caught: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: caught)
      source.activate()
      return source
    }
  }
}
