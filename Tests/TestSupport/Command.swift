import Foundation

/// A program that runs to its end: what it is given, and what comes of it.
///
/// Not Foundation's `Process`: it can miss the end of a child in a process of many threads, it takes a child that closes
/// inherited descriptors, as sshd does, for one that has ended, and its children inherit the signals that Swift's threads
/// block.
public struct Command: Sendable {
  /// What came of a command.
  public struct Outcome: Sendable {
    /// Its exit status; 128 more than the signal's number if one ended it.
    public let status: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String
  }

  /// A command that did not start, ended in failure or not in time; says which one and what it wrote.
  public struct Failure: Error, CustomStringConvertible {
    /// What went wrong.
    public let description: String

    /// A failure in these words.
    public init(_ description: String) { self.description = description }
  }

  /// The program, which is looked for in `PATH` if it has no slash, and its arguments.
  public var arguments: [String]
  /// What it reads from standard input, which is empty otherwise.
  public var input: Data?
  /// All of its environment.
  public var environment: [String: String]
  /// Where it runs; the test's own directory if nil.
  public var directory: String?

  /// A command with text for its standard input.
  public init(
    _ arguments: [String], input: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
    directory: String? = nil
  ) {
    self.arguments = arguments
    self.input = input.map { Data($0.utf8) }
    self.environment = environment
    self.directory = directory
  }

  /// Starts it and leaves it running. Both of its streams are appended to the log if there is one, and kept apart otherwise.
  public func start(log: String? = nil) throws -> RunningCommand {
    let files = try CommandFiles(input: input, log: log)
    do {
      return RunningCommand(pid: try Child.spawn(self, files), files: files)
    } catch {
      files.remove()
      throw error
    }
  }

  /// Runs it; throws when it cannot be started or takes longer than the limit, and kills it when the task is cancelled.
  public func run(within limit: Duration = .seconds(60)) async throws -> Outcome {
    try Task.checkCancellation()
    let running = try start()
    let watchdog = Task {
      do { try await Task.sleep(for: limit) } catch { return false }
      return running.kill()
    }
    let status = await withTaskCancellationHandler {
      await running.finish()
    } onCancel: {
      running.kill()
    }
    watchdog.cancel()
    if await watchdog.value { throw Failure("`\(line)` took longer than \(limit)\n\(running.errors)") }
    try Task.checkCancellation()
    return Outcome(status: status, output: running.output, errors: running.errors)
  }

  /// Runs it and returns what it printed; throws, with its errors, when its status is not 0.
  @discardableResult
  public func checked(within limit: Duration = .seconds(60)) async throws -> String {
    let outcome = try await run(within: limit)
    guard outcome.status == 0 else {
      throw Failure("`\(line)` ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
    }
    return outcome.output
  }

  var line: String { arguments.joined(separator: " ") }
}
