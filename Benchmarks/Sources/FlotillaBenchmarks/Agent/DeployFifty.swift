import Agent
import Fleet
import Foundation
import HelmEngine

/// Fifty bundles of ten objects each, from the manager's wish to the last status Ready, against the same fifty installations called
/// on Helm's library with the same number at a time.
enum DeployFifty {
  private static let bundles = 50
  private static let rounds = 3
  private static let atOnce = AgentLimits.concurrentDeployments

  static func run() async throws -> [Figure] {
    let (ours, theirs) = (Samples(), Samples())
    try await BenchCluster.with { cluster in
      try await BenchAgent.with(cluster) { manager, _ in
        // Whatever is loaded and learnt once is loaded and learnt here.
        try await deploy("warm", count: 1, through: manager, total: 1)
        let engine = HelmEngine(connection: ClusterConnection(.file(cluster.kubeconfig)), threads: atOnce)
        try await install("first", count: 1, by: engine)
        for round in 0..<rounds {
          theirs.note(try await install("plain-\(round)", count: bundles, by: engine))
          ours.note(
            try await deploy("ours-\(round)", count: bundles, through: manager, total: 1 + (round + 1) * bundles))
        }
      }
    }
    return [
      Figure(
        name: "deploy-50x10", value: ours.shortest, unit: "s", reference: theirs.shortest,
        ratio: theirs.shortest / ours.shortest)
    ]
  }

  @discardableResult
  private static func deploy(
    _ name: String, count: Int, through manager: BenchManager, total: Int
  ) async throws -> Double {
    let wanted = (0..<count).map { index in
      let namespace = "\(name)-\(index)"
      return (name: namespace, manifest: BenchBundle.manifest(namespace), options: BenchBundle.options(namespace))
    }
    let began = ContinuousClock.now
    try await manager.deploy(wanted)
    await manager.ready(total)
    return Measure.seconds(ContinuousClock.now - began)
  }

  @discardableResult
  private static func install(_ name: String, count: Int, by engine: HelmEngine) async throws -> Double {
    let charts = (0..<count).map { index in
      let namespace = "\(name)-\(index)"
      let chart = Chart(files: [
        ChartFile(path: "Chart.yaml", text: "apiVersion: v2\nname: bench\nversion: 1.0.0\n"),
        ChartFile(path: "templates/all.yaml", text: BenchBundle.manifest(namespace)),
      ])
      return (ReleaseIdentity(name: namespace, namespace: namespace), chart)
    }
    let began = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      var waiting = charts.makeIterator()
      func next() {
        guard let (release, chart) = waiting.next() else { return }
        group.addTask { _ = try await engine.install(release, chart: chart) }
      }
      for _ in 0..<atOnce { next() }
      while try await group.next() != nil { next() }
    }
    return Measure.seconds(ContinuousClock.now - began)
  }
}
