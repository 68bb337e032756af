import Foundation
import Glibc

/// The child's side of a simulation that is spread over processes: writes a report a line to standard output, and ends when its
/// standard input does, which comes however the parent ends.
public enum SimulationChild {
  /// How often what changed is told.
  private static let interval = Duration.milliseconds(200)
  /// How long the end may take before it comes by itself.
  private static let endSeconds: UInt32 = 20

  /// Runs a simulation until standard input ends. To be called once in a process, which has nothing else to do.
  public static func run(_ simulation: FleetSimulation) async {
    // A parent that is gone reads nothing; its end is told by standard input.
    signal(SIGPIPE, SIG_IGN)
    let work = Task { await simulation.run() }
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while StateFile.retrying({ read(STDIN_FILENO, &byte, 1) }) > 0 {}
      work.cancel()
      sleep(endSeconds)
      _exit(1)
    }
    let reports = Task {
      var said: SimulationReport?
      while !Task.isCancelled {
        let report = simulation.report
        if report != said { write(report) }
        said = report
        try? await Task.sleep(for: interval)
      }
    }
    await work.value
    reports.cancel()
    await reports.value
    write(simulation.report)
  }

  private static func write(_ report: SimulationReport) {
    var rest = (report.encoded + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { bytes in
        StateFile.retrying { Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
      }
      guard written >= 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
