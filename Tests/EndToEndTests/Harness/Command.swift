import Foundation

/// A command that runs to its end: what it was given, and what came of it.
struct Command: Sendable {
  struct Outcome: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  /// A command that ended in failure or not in time; says which and what it wrote.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  var arguments: [String]
  var input: String?
  var environment: [String: String] = [:]

  init(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) {
    self.arguments = arguments
    self.input = input
    self.environment = environment
  }

  /// Runs it; throws when it cannot be started or takes longer than the limit.
  func run(within limit: Duration = .seconds(60)) async throws -> Outcome {
    let files = try OutputFiles()
    defer { files.remove() }
    let process = try Self.process(arguments, environment: environment)
    process.standardOutput = files.output
    process.standardError = files.errors
    process.standardInput = FileHandle.nullDevice
    if let input { process.standardInput = try files.input(input) }
    let (ends, end) = AsyncStream<Int32>.makeStream()
    process.terminationHandler = { ended in
      end.yield(ended.terminationStatus)
      end.finish()
    }
    try process.run()
    let pid = process.processIdentifier
    Reaper.shared.started(pid)
    defer { Reaper.shared.ended(pid) }
    let watchdog = Task {
      try await Task.sleep(for: limit)
      kill(pid, SIGKILL)
    }
    let clock = ContinuousClock()
    let started = clock.now
    var status: Int32 = -1
    for await value in ends { status = value }
    watchdog.cancel()
    let outcome = Outcome(status: status, output: files.outputText(), errors: files.errorText())
    if status != 0, clock.now - started >= limit {
      throw Failure(description: "`\(line)` took longer than \(limit)\n\(outcome.errors)")
    }
    return outcome
  }

  /// Runs it and returns what it printed; throws, with its errors, when its status is not 0.
  @discardableResult
  func checked(within limit: Duration = .seconds(60)) async throws -> String {
    let outcome = try await run(within: limit)
    guard outcome.status == 0 else {
      throw Failure(description: "`\(line)` ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
    }
    return outcome.output
  }

  private var line: String { arguments.joined(separator: " ") }

  /// A process that is not yet started, with the test's environment and no kubeconfig of the user's.
  static func process(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    var all = ProcessInfo.processInfo.environment
    all["KUBECONFIG"] = nil
    all["KUBECACHEDIR"] = Places.scratch + "/kubectl"
    process.environment = all.merging(environment) { $1 }
    return process
  }
}

/// A command's streams as files, so that no pipe fills up and nobody has to wait for it.
private struct OutputFiles {
  private let base: String
  let output: FileHandle
  let errors: FileHandle

  init() throws {
    base = try Places.directory("commands") + "/" + UUID().uuidString
    output = try Self.writing(base + ".out")
    errors = try Self.writing(base + ".err")
  }

  func input(_ text: String) throws -> FileHandle {
    try Data(text.utf8).write(to: URL(fileURLWithPath: base + ".in"))
    return try FileHandle(forReadingFrom: URL(fileURLWithPath: base + ".in"))
  }

  func outputText() -> String { (try? String(contentsOfFile: base + ".out", encoding: .utf8)) ?? "" }
  func errorText() -> String { (try? String(contentsOfFile: base + ".err", encoding: .utf8)) ?? "" }

  func remove() {
    try? output.close()
    try? errors.close()
    for suffix in [".out", ".err", ".in"] { try? FileManager.default.removeItem(atPath: base + suffix) }
  }

  static func writing(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
