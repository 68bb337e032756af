import Agent
import ArgumentParser
import Foundation
import Logging

#if canImport(Glibc)
  import Glibc
#endif

/// `flotilla simulate-worker`: a child with some of the agents of `flotilla simulate`. It writes a report a line to standard output,
/// and ends when its standard input does: that comes however the parent ends.
struct SimulateWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate-worker", abstract: "Be some of the agents of a simulation.", shouldDisplay: false)

  /// How often what changed is told.
  private static let interval = Duration.milliseconds(200)
  /// How long the end may take before it comes by itself.
  private static let endSeconds: UInt32 = 20

  @Option var first: Int
  @Option var count: Int
  @Option var all: Int
  @OptionGroup var options: SimulationOptions
  @OptionGroup var logging: LoggingOptions

  func run() async throws {
    // A parent that is gone reads nothing; its end is told by standard input.
    signal(SIGPIPE, SIG_IGN)
    let logger = logging.bootstrap(label: "simulate")
    let simulation = try FleetSimulation(
      options.configuration(agents: first..<first + count, of: all), logger: logger)
    let work = Task { await simulation.run() }
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let got = read(STDIN_FILENO, &byte, 1)
        if got == 0 || (got < 0 && errno != EINTR) { break }
      }
      work.cancel()
      sleep(Self.endSeconds)
      _exit(1)
    }
    let reports = Task {
      var said: SimulationReport?
      while !Task.isCancelled {
        let report = simulation.report
        if report != said { Self.write(report) }
        said = report
        try? await Task.sleep(for: Self.interval)
      }
    }
    await work.value
    reports.cancel()
    await reports.value
    Self.write(simulation.report)
  }

  private static func write(_ report: SimulationReport) {
    let line = report.encoded + [UInt8(ascii: "\n")]
    var rest = line[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }
}
