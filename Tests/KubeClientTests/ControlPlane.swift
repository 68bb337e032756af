import Foundation
import Testing

/// A real kube-apiserver with etcd, for one suite: started before its first test and always stopped after its last.
struct ControlPlane: SuiteTrait, TestScoping {
  /// Where the suite's control plane keeps its files, with the admin's `kubeconfig` among them.
  @TaskLocal static var folder = ""

  static var kubeconfig: String { "\(folder)/kubeconfig" }

  /// The script that starts and stops it; `#filePath` is two folders below the package's.
  private static let script = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("scripts/kube-cluster").path

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kubeclient-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
      try await Self.run(["start", "--dir", folder, "--port", "0"])
      try await Self.$folder.withValue(folder) { try await body() }
    } catch {
      try? await Self.run(["stop", "--dir", folder])
      throw error
    }
    try await Self.run(["stop", "--dir", folder])
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Ends kube-apiserver and starts it again on the same data.
  static func restartServer() async throws { try await run(["restart-api", "--dir", folder]) }

  /// Runs the script on a thread of its own.
  private static func run(_ arguments: [String]) async throws {
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: script)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        do {
          try process.run()
          process.waitUntilExit()
          continuation.resume(returning: process.terminationStatus)
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    try #require(status == 0, "kube-cluster \(arguments.joined(separator: " ")) failed")
  }
}

/// Waits until a condition holds, for half a minute at most.
func eventually(_ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool)
  async throws
{
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    try #require(ContinuousClock.now < deadline, "\(what) did not come")
    try await Task.sleep(for: .milliseconds(20))
  }
}
