import Agent
import Foundation
import Logging
import Wire

/// A real agent in a process of its own, between a ``BenchManager`` and a ``BenchCluster``.
struct BenchAgent {
  private let pid: pid_t

  /// Runs an agent of the cluster around a body.
  static func with(
    _ cluster: BenchCluster, _ body: @escaping @Sendable (BenchManager, BenchAgent) async throws -> Void
  ) async throws {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let state = NSTemporaryDirectory() + "flotilla-bench-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: state) }
    let managerKeys = try CurveKeyPair.generate()
    let agentKeys = try CurveKeyFile.loadOrCreate(BenchChild.agentKey(state))
    let directory = KeyDirectory()
    directory.set(agentKeys.publicKey, identity: "bench/cluster")
    let manager = BenchManager()
    let server = manager.makeServer(
      endpoint: "tcp://127.0.0.1:*", keyPair: managerKeys, directory: directory, logger: logger)
    let serving = Task { try await server.run() }
    let arguments = BenchChild.agent(
      endpoint: try await server.boundEndpoint(), manager: managerKeys.publicKey, kubeconfig: cluster.kubeconfig,
      state: state)
    let (ends, ended) = AsyncStream<Void>.makeStream()
    let worker = try SimulationWorker(arguments: arguments) { word in
      if case .ended = word { ended.finish() }
    }
    let result: Result<Void, any Error>
    do {
      try await body(manager, BenchAgent(pid: worker.pid))
      result = .success(())
    } catch {
      result = .failure(error)
    }
    worker.end()
    for await _ in ends {}
    serving.cancel()
    _ = await serving.result
    try result.get()
  }

  /// The memory that the agent and the children in which Helm works have resident, in MB (10^6 bytes); pages that several of them have
  /// count once (`Pss`).
  func memory() throws -> Double {
    try ([pid] + children()).reduce(0) { sum, pid in
      let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
      guard let line = text?.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
      else {
        // A child may have ended since.
        guard pid != self.pid else { throw Mistake("/proc/\(pid)/smaps_rollup has no Pss") }
        return sum
      }
      return sum + kilobytes * 1024 / 1e6
    }
  }

  /// Whether Helm works, or has worked a moment ago.
  var hasHelm: Bool { !children().isEmpty }

  /// The processor time of the agent itself, in seconds.
  func processorSeconds() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // The program's name, in parentheses, may hold anything.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw Mistake("/proc/\(pid)/stat has no times")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private func children() -> [pid_t] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.flatMap { task in
      let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? ""
      return text.split(separator: " ").compactMap { pid_t($0) }
    }
  }
}
