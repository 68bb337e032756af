import Foundation
import KubeClient
import Logging

/// A real API server for one measurement, from `scripts/kube-cluster`.
struct BenchCluster {
  private let directory: String
  private static let script =
    URL(filePath: #filePath).deletingLastPathComponent().path + "/../../../../scripts/kube-cluster"

  /// The admin's kubeconfig.
  var kubeconfig: String { directory + "/kubeconfig" }

  /// Lends a cluster to a body, and stops it afterwards whatever happens.
  ///
  /// - Parameter durable: whether its etcd waits for the disk.
  static func with<Result>(
    durable: Bool = false, _ body: (BenchCluster) async throws -> Result
  ) async throws -> Result {
    setenv("FLOTILLA_ETCD_FSYNC", durable ? "1" : "", 1)
    let path = NSTemporaryDirectory() + "flotilla-bench-\(UUID().uuidString)"
    let cluster = BenchCluster(directory: path)
    try run("start", path)
    defer {
      try? run("stop", path)
      try? FileManager.default.removeItem(atPath: path)
    }
    return try await body(cluster)
  }

  /// A client with the admin's rights.
  func client() throws -> KubeClient {
    try KubeClient(
      config: try KubeConfig.load(path: kubeconfig), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
  }

  private static func run(_ verb: String, _ directory: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: script)
    process.arguments = [verb, "--dir", directory]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Mistake("scripts/kube-cluster \(verb) failed") }
  }
}
