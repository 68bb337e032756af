import Agent
import Fleet
import KubeClient

/// The time from a foreign change of a deployed object to the object as it was deployed, with drift correction.
enum DriftRestore {
  private static let bundles = 20
  private static let changes = 40

  static func run() async throws -> [Figure] {
    let times = Samples()
    try await BenchCluster.with { cluster in
      let client = try cluster.client()
      try await BenchAgent.with(cluster) { manager, _ in
        let names = (0..<bundles).map { "drift-\($0)" }
        try await manager.deploy(
          names.map {
            (name: $0, manifest: BenchBundle.manifest($0), options: BenchBundle.options($0, correctsDrift: true))
          })
        await manager.ready(bundles)
        // The agent's watches are there once the first change is put right.
        _ = try await restore(names[0], "settings-3", client)
        for change in 0..<changes {
          times.note(try await restore(names[change % bundles], "settings-\(change % 3)", client))
        }
      }
      await client.shutdown()
    }
    return [Figure(name: "drift-restore", value: times.median * 1000, unit: "ms")]
  }

  private static func restore(_ namespace: String, _ name: String, _ client: KubeClient) async throws -> Double {
    let began = ContinuousClock.now
    _ = try await client.patch(
      .configMaps, namespace: namespace, name: name, ["data": ["colour": "blue"]], type: .merge)
    while true {
      let object = try await client.get(.configMaps, namespace: namespace, name: name)
      let time = ContinuousClock.now - began
      if object.at("data", "colour") == "red" { return Measure.seconds(time) }
      guard time < .seconds(60) else { throw Mistake("\(namespace)/\(name) was not restored within a minute") }
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
