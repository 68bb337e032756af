import Foundation
import Synchronization

/// Where the simulated agents of one process note what they come to.
final class SimulationTally: Sendable {
  private let state: Mutex<SimulationReport>

  init(agents: Int) {
    var report = SimulationReport()
    report.agents = agents
    state = Mutex(report)
  }

  /// What they have come to.
  var report: SimulationReport { state.withLock { $0 } }

  func note(_ change: (inout SimulationReport) -> Void) { state.withLock { change(&$0) } }

  /// The time as reports have it.
  static var milliseconds: Int { Int(Date().timeIntervalSince1970 * 1000) }
}
