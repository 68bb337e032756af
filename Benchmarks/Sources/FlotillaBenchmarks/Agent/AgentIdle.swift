import Agent
import Fleet
import Foundation
import KubeClient

/// An agent that has nothing to do: what it asks of its API server, and what it takes, with 100 bundles of ten objects each.
enum AgentIdle {
  private static let bundles = 100
  private static let seconds = 20

  static func run() async throws -> [Figure] {
    let (cpu, requests, alone, dryRuns) = (Samples(), Samples(), Samples(), Samples())
    let (most, withHelm, without) = (Samples(), Samples(), Samples())
    try await BenchCluster.with { cluster in
      let client = try cluster.client()
      try await BenchAgent.with(cluster) { manager, agent in
        let names = (0..<bundles).map { "idle-\($0)" }
        let watching = Task {
          while !Task.isCancelled {
            most.note(try agent.memory())
            try await Task.sleep(for: .milliseconds(200))
          }
        }
        dryRuns.note(
          try await difference(client, Self.isDryRun) {
            try await manager.deploy(
              names.map { (name: $0, manifest: BenchBundle.manifest($0), options: BenchBundle.options($0)) })
            await manager.ready(bundles)
          })
        watching.cancel()
        withHelm.note(try agent.memory())
        while agent.hasHelm { try await Task.sleep(for: .milliseconds(100)) }
        without.note(try agent.memory())
        let before = try agent.processorSeconds()
        requests.note(try await difference(client) { try await Task.sleep(for: .seconds(seconds)) })
        cpu.note((try agent.processorSeconds() - before) / Double(seconds) * 100)
      }
      // What the API server asks of itself is the reference: it counts the same.
      alone.note(try await difference(client) { try await Task.sleep(for: .seconds(seconds)) })
      await client.shutdown()
    }
    return [
      Figure(
        name: "agent-idle-requests", value: requests.median, unit: "requests", reference: alone.median,
        ratio: alone.median / requests.median),
      Figure(name: "agent-idle-cpu", value: cpu.median, unit: "%"),
      Figure(name: "agent-idle-memory", value: without.median, unit: "MB"),
      Figure(name: "agent-idle-memory-helm", value: withHelm.median, unit: "MB"),
      Figure(name: "agent-idle-memory-most", value: most.longest, unit: "MB"),
      Figure(name: "agent-idle-dry-runs", value: dryRuns.median, unit: "requests"),
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
}
