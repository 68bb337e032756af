import Agent
import Fleet
import Foundation
import KubeClient

/// An agent that has nothing to do: what it asks of its API server, and what it takes, with 100 bundles of ten objects each.
enum AgentIdle {
  private static let bundles = 100
  private static let seconds = 20

  static func run() async throws -> [Figure] {
    let (cpu, requests, dryRuns, memory) = (Samples(), Samples(), Samples(), Samples())
    try await BenchCluster.with { cluster in
      let client = try cluster.client()
      // What the API server asks of itself is the reference.
      let alone = try await difference(client) { try await Task.sleep(for: .seconds(seconds)) }
      try await BenchAgent.with(cluster) { manager in
        let names = (0..<bundles).map { "idle-\($0)" }
        dryRuns.note(
          try await difference(client, Self.isDryRun) {
            try await manager.deploy(
              names.map { (name: $0, manifest: BenchBundle.manifest($0), options: BenchBundle.options($0)) })
            await manager.ready(bundles)
          })
        try await Task.sleep(for: .seconds(5))
        let before = processorSeconds()
        let asked = try await difference(client) { try await Task.sleep(for: .seconds(seconds)) }
        cpu.note((processorSeconds() - before) / Double(seconds) * 100)
        requests.note(asked - alone)
        memory.note(try Self.residentMegabytes())
      }
      await client.shutdown()
    }
    return [
      Figure(name: "agent-idle-requests", value: requests.median, unit: "requests"),
      Figure(name: "agent-idle-cpu", value: cpu.median, unit: "%"),
      Figure(name: "agent-deploy-dry-runs", value: dryRuns.median, unit: "requests"),
      Figure(name: "agent-memory", value: memory.median, unit: "MB"),
      Figure(name: "agent-memory-most", value: Measure.residentMegabytes(), unit: "MB"),
    ]
  }

  private static func isRequest(_ labels: Substring) -> Bool { !labels.contains("verb=\"WATCH\"") }

  private static func isDryRun(_ labels: Substring) -> Bool { labels.contains("dry_run=\"All\"") }

  /// How many more requests of a sort the API server has counted after a body than before.
  private static func difference(
    _ client: KubeClient, _ counts: (Substring) -> Bool = isRequest, _ body: () async throws -> Void
  ) async throws -> Double {
    let before = try await total(client, counts)
    try await body()
    return try await total(client, counts) - before
  }

  private static func total(_ client: KubeClient, _ counts: (Substring) -> Bool) async throws -> Double {
    let text = String(decoding: try await client.raw(path: "/metrics"), as: UTF8.self)
    return text.split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix("apiserver_request_total{"), let end = line.lastIndex(of: " "), counts(line[..<end]) else {
        return sum
      }
      return sum + (Double(line[line.index(after: end)...]) ?? 0)
    }
  }

  /// The memory that this process has resident now, in MB (10^6 bytes).
  private static func residentMegabytes() throws -> Double {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard fields.count > 1, let pages = Double(fields[1]) else { throw Mistake("/proc/self/statm has no second field") }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
  }

  /// The processor time of this process, which holds the agent, its manager and this measurement.
  private static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}
