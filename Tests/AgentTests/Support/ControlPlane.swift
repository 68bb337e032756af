import Foundation
import Testing

/// One real control plane for a suite, from `scripts/kube-cluster`: started before its first test, stopped after its last.
struct ControlPlane: SuiteTrait, TestScoping {
  /// The suite's own control plane.
  @TaskLocal static var current: ControlPlane?

  /// Its folder, which holds the admin's `kubeconfig`.
  let directory: String

  var kubeconfig: String { directory + "/kubeconfig" }

  init(directory: String = "") { self.directory = directory }

  /// Once for the whole suite, not again for each test.
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let plane = ControlPlane(
      directory: FileManager.default.temporaryDirectory.path + "/flotilla-agent-plane-\(UUID().uuidString)")
    do {
      try await plane.script("start", "--port", "0")
      try await Self.$current.withValue(plane, operation: function)
    } catch {
      try await plane.stop()
      throw error
    }
    try await plane.stop()
  }

  private func stop() async throws {
    try await script("stop")
    try FileManager.default.removeItem(atPath: directory)
  }

  /// Kills the API server without warning, and leaves etcd.
  func killAPIServer() throws {
    let text = try String(contentsOfFile: directory + "/kube-apiserver.pid", encoding: .utf8)
    guard let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw TestFailure("no process id in \(directory)/kube-apiserver.pid")
    }
    kill(pid, SIGKILL)
  }

  /// Starts what does not run, on the same port and data.
  func start() async throws { try await script("start") }

  @discardableResult
  func script(_ verb: String, _ arguments: String...) async throws -> String {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/kube-cluster").path
    return try await run(path, [verb, "--dir", directory] + arguments)
  }

  /// Runs kubectl as the admin, and gives its output.
  @discardableResult
  func kubectl(_ arguments: String...) async throws -> String {
    try await run("/usr/bin/env", ["kubectl", "--kubeconfig", kubeconfig] + arguments)
  }
}

extension Trait where Self == ControlPlane {
  /// Gives the suite one control plane of its own.
  static var controlPlane: ControlPlane { ControlPlane() }
}

/// Runs a program to its end, and gives its output.
func run(_ program: String, _ arguments: [String]) async throws -> String {
  // Files, not pipes: a pipe of a program that leaves processes behind never ends.
  let folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-run-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let files = ["out", "err"].map { folder.appending(path: $0) }
  for file in files { try Data().write(to: file) }
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = try FileHandle(forWritingTo: files[0])
  process.standardError = try FileHandle(forWritingTo: files[1])
  let status: Int32 = try await withCheckedThrowingContinuation { continuation in
    process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
    do { try process.run() } catch { continuation.resume(throwing: error) }
  }
  let output = String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
  guard status == 0 else {
    let errors = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    throw TestFailure("\(program) \(arguments.joined(separator: " ")): status \(status)\n\(errors)")
  }
  return output
}
