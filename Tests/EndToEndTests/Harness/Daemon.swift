import Foundation
import class TestSupport.RunningCommand

/// A `flotilla` process that runs until it is ended; its standard error is kept in a file.
final class Daemon: Sendable {
  let name: String
  private let process: RunningCommand

  /// Starts it; what an earlier one of the same name logged stays above.
  init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    self.name = name
    let log = try Places.directory("logs") + "/\(name).log"
    process = try command([Places.flotilla] + arguments, environment: environment).start(log: log)
  }

  /// Its exit status, or nil while it runs.
  var exitStatus: Int32? { process.status }
  var isRunning: Bool { process.status == nil }
  var pid: Int32 { process.pid }

  /// What it has logged so far.
  var logText: String { process.output }

  /// Ends it as a crash would.
  func kill() async throws { try await end(with: SIGKILL, within: .seconds(10)) }

  /// Ends it as an operator would, and waits for its graceful end.
  func stop() async throws { try await end(with: SIGTERM, within: .seconds(20)) }

  private func end(with signal: Int32, within limit: Duration) async throws {
    process.send(signal)
    try await eventually("\(name) ends after signal \(signal)", within: limit, every: .milliseconds(20)) {
      try require(!isRunning, "process \(process.pid) still runs")
    }
  }
}
