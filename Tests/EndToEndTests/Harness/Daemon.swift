import Foundation
import Synchronization

/// A `flotilla` process that runs until it is ended; its standard error is kept in a file.
final class Daemon: Sendable {
  let name: String
  let log: String
  let pid: Int32
  private let exit: ExitBox

  /// Starts it; what an earlier one of the same name logged stays above.
  init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    self.name = name
    log = try Places.directory("logs") + "/\(name).log"
    if !FileManager.default.fileExists(atPath: log) {
      try Data().write(to: URL(fileURLWithPath: log))
    }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try handle.seekToEnd()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Places.flotilla)
    process.arguments = arguments
    var all = ProcessInfo.processInfo.environment
    all["KUBECONFIG"] = nil
    process.environment = all.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    let exit = ExitBox()
    process.terminationHandler = { exit.set($0.terminationStatus) }
    try process.run()
    try? handle.close()
    pid = process.processIdentifier
    self.exit = exit
    Reaper.shared.started(pid)
  }

  /// Its exit status, or nil while it runs. A signal's number counts as a status.
  var exitStatus: Int32? { exit.value }
  var isRunning: Bool { exit.value == nil }

  /// What it has logged so far.
  var logText: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  /// Ends it as a crash would.
  func kill() async throws { try await end(with: SIGKILL, within: .seconds(10)) }

  /// Ends it as an operator would, and waits for its graceful end.
  func stop() async throws { try await end(with: SIGTERM, within: .seconds(20)) }

  private func end(with signal: Int32, within limit: Duration) async throws {
    _ = Foundation.kill(pid, signal)
    try await eventually("\(name) ends after signal \(signal)", within: limit, every: .milliseconds(20)) {
      try require(!isRunning, "process \(pid) still runs")
    }
    Reaper.shared.ended(pid)
  }
}

private final class ExitBox: Sendable {
  private let status = Mutex<Int32?>(nil)
  var value: Int32? { status.withLock { $0 } }
  func set(_ new: Int32) { status.withLock { $0 = new } }
}
