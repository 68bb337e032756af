import Foundation
import Synchronization

/// The real kubectl, as a user of one server.
struct Kubectl: Sendable {
  struct Output: Sendable {
    let status: Int32
    let out: String
    let err: String
    /// Both streams, for errors.
    var all: String { out + err }
    /// Standard output without its last newline.
    var text: String { out.hasSuffix("\n") ? String(out.dropLast()) : out }
  }

  let kubeconfig: String
  let directory: String

  /// Runs kubectl to its end, at most 30 seconds.
  @discardableResult
  func callAsFunction(
    _ arguments: String..., input: String? = nil, editor: String? = nil
  ) async throws -> Output {
    let running = try start(arguments, input: input, editor: editor)
    let timer = Task {
      try await Task.sleep(for: .seconds(30))
      running.stop()
    }
    defer { timer.cancel() }
    let status = await running.finish()
    return Output(status: status, out: running.output, err: running.errors)
  }

  /// Starts kubectl and leaves it running: for watches.
  func start(_ arguments: [String], input: String? = nil, editor: String? = nil) throws -> Running {
    let base = directory + "/call-" + UUID().uuidString
    try (input ?? "").write(toFile: base + ".in", atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["kubectl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    var environment = ProcessInfo.processInfo.environment
    environment["KUBECONFIG"] = kubeconfig
    environment["HOME"] = directory + "/home"
    environment["KUBE_EDITOR"] = editor
    process.environment = environment
    for path in [base + ".out", base + ".err"] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardInput = FileHandle(forReadingAtPath: base + ".in")
    process.standardOutput = FileHandle(forWritingAtPath: base + ".out")
    process.standardError = FileHandle(forWritingAtPath: base + ".err")
    let running = Running(base: base)
    process.terminationHandler = { running.ended($0.terminationStatus) }
    try process.run()
    running.began(process.processIdentifier)
    return running
  }

  /// One kubectl process.
  final class Running: Sendable {
    private struct State {
      var id: pid_t = 0
      var status: Int32?
      var waiter: CheckedContinuation<Int32, Never>?
    }

    private let base: String
    private let state = Mutex(State())

    init(base: String) { self.base = base }

    /// What it has printed so far.
    var output: String { (try? String(contentsOfFile: base + ".out", encoding: .utf8)) ?? "" }
    /// What it has complained of so far.
    var errors: String { (try? String(contentsOfFile: base + ".err", encoding: .utf8)) ?? "" }

    func began(_ id: pid_t) { state.withLock { $0.id = id } }

    func ended(_ status: Int32) {
      state.withLock { state in
        state.status = status
        return state.waiter.take()
      }?.resume(returning: status)
    }

    /// Asks it to end.
    func stop() {
      let id = state.withLock { $0.status == nil ? $0.id : 0 }
      if id > 0 { kill(id, SIGTERM) }
    }

    /// Waits for its end.
    func finish() async -> Int32 {
      await withCheckedContinuation { continuation in
        let status = state.withLock { state -> Int32? in
          if let status = state.status { return status }
          state.waiter = continuation
          return nil
        }
        if let status { continuation.resume(returning: status) }
      }
    }
  }
}
