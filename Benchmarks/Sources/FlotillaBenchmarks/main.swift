import Foundation

/// What can be measured, by name. Each runs in a process of its own, so that no measurement sees another's memory.
let benchmarks: [(name: String, run: @Sendable () async throws -> [Figure])] = [
  ("yaml-parse", YAMLParse.run),
  ("bundle-scan", BundleScan.run),
  ("targeting-100k", TargetingAll.run),
  ("relabel-100k", Relabel.run),
  ("deploy-50x10", DeployFifty.run),
  ("drift-restore", DriftRestore.run),
  ("agent-idle", AgentIdle.run),
  ("enrol", FleetDelivery.enrol),
  ("delivery-1000", FleetDelivery.thousand),
  ("delivery-10000", FleetDelivery.tenThousand),
  ("wire-unary", WireUnary.run),
  ("hostile-p99", HostileLoad.run),
  ("wire-stream-128", { try await WireStream.run(bytes: 128, messages: 500_000) }),
  ("wire-stream-4096", { try await WireStream.run(bytes: 4096, messages: 100_000) }),
]

/// Prints the figures of a benchmark, which may also be named by a further figure of it, as in `bundle-scan-memory`.
func run(_ name: String) async throws {
  guard let benchmark = benchmarks.first(where: { name == $0.name || name.hasPrefix($0.name + "-") }) else {
    throw Mistake("there is no benchmark \(name); there are: \(benchmarks.map(\.name).joined(separator: ", "))")
  }
  for figure in try await benchmark.run() { print(figure) }
}

if try await BenchChild.run(CommandLine.arguments.dropFirst()) {
  // This process is a part of a measurement in another one.
} else if let name = CommandLine.arguments.dropFirst().first, name != "--list" {
  do {
    try await run(name)
  } catch {
    FileHandle.standardError.write(Data("bench: \(name): \(error)\n".utf8))
    exit(1)
  }
} else {
  for benchmark in benchmarks { print(benchmark.name) }
}
