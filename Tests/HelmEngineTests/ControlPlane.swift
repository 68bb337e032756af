import Foundation
import Testing

/// One real control plane for a suite, from `scripts/kube-cluster`: started before its first test, stopped after its last.
struct ControlPlane: SuiteTrait, TestScoping {
  /// The suite's own control plane.
  @TaskLocal static var current: ControlPlane?

  /// Its folder, which holds the admin's `kubeconfig`.
  let directory: String

  var kubeconfig: String { directory + "/kubeconfig" }

  init(directory: String = "") {
    self.directory = directory
  }

  /// Once for the whole suite, not again for each test.
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/flotilla-helm-\(UUID().uuidString)"
    let plane = ControlPlane(directory: directory)
    let script = Self.script("kube-cluster")
    do {
      try await run(script, "start", "--dir", directory, "--port", "0")
      try await Self.$current.withValue(plane, operation: function)
    } catch {
      try await plane.stop()
      throw error
    }
    try await plane.stop()
  }

  private func stop() async throws {
    try await run(Self.script("kube-cluster"), "stop", "--dir", directory)
    try FileManager.default.removeItem(atPath: directory)
  }

  /// Runs kubectl as the admin, and gives its output.
  @discardableResult
  func kubectl(_ arguments: String..., input: String = "") async throws -> String {
    try await run("/usr/bin/env", ["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input)
  }

  private static func script(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "scripts/\(name)").path
  }
}

extension Trait where Self == ControlPlane {
  /// Gives the suite one control plane of its own.
  static var controlPlane: ControlPlane { ControlPlane() }
}

/// A program that ended with another status than 0.
struct ProgramFailure: Error, CustomStringConvertible {
  let description: String
}

@discardableResult
func run(_ program: String, _ arguments: String...) async throws -> String {
  try await run(program, arguments, input: "")
}

/// Runs a program to its end, and gives its output.
func run(_ program: String, _ arguments: [String], input: String) async throws -> String {
  // Files, not pipes: a pipe of a program that leaves processes behind never ends.
  let folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-run-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let files = ["in", "out", "err"].map { folder.appending(path: $0) }
  for file in files { try Data().write(to: file) }
  try Data(input.utf8).write(to: files[0])
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.standardInput = try FileHandle(forReadingFrom: files[0])
  process.standardOutput = try FileHandle(forWritingTo: files[1])
  process.standardError = try FileHandle(forWritingTo: files[2])
  let status: Int32 = try await withCheckedThrowingContinuation { continuation in
    process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
    do { try process.run() } catch { continuation.resume(throwing: error) }
  }
  let output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
  guard status == 0 else {
    let errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    throw ProgramFailure(description: "\(program) \(arguments.joined(separator: " ")): status \(status)\n\(errors)")
  }
  return output
}
