import Document
import Fleet

/// One relabelled cluster among 100,000, with 1,000 bundles: from the change to the bundles of which the cluster gets
/// something else. The value is the 99th percentile of many changes, each measured as the shortest of a few runs.
enum Relabel {
  private static let bundles = 1000

  static func run() async throws -> [Figure] {
    let clusters = Clusters.all()
    let groups = try Clusters.groups()
    let specs = try (0..<bundles).map(bundle)
    var index = TargetIndex<Int>()
    for group in groups { index.set(group: group.name, to: group) }
    for (id, spec) in specs.enumerated() { index.set(id, to: spec) }
    let targetings = specs.map { Targeting($0) }
    var times: [Double] = []
    for step in 0..<1000 {
      let old = clusters[step * 97 % clusters.count]
      var new = old
      // From one environment to another: other groups, other targets, other values.
      new.labels["env"] = Clusters.environments[(step + 1 + step * 97 % 4) % 4]
      new.labels["region"] = "region-\(step % 17)"
      var changes: [TargetChange<Int>] = []
      times.append(await Measure.shortest(of: 5) { changes = index.changes(from: old, to: new) })
      if step % 50 == 0 {
        let expected = scan(targetings, old, new, groups)
        guard Set(changes.filter { $0.aspect != .values }.map(\.bundle)) == expected else {
          throw Mistake("the index and a scan of all bundles differ for \(old.name)")
        }
      }
    }
    return [Figure(name: "relabel-100k", value: times.sorted()[times.count * 99 / 100] * 1000, unit: "ms")]
  }

  private static func scan(
    _ targetings: [Targeting], _ old: TargetCluster, _ new: TargetCluster, _ groups: [TargetGroup]
  ) -> Set<Int> {
    Set(
      targetings.indices.filter { bundle in
        let targeting = targetings[bundle]
        return targeting.decide(old, groups: Targeting.groups(of: old, among: groups)).match
          != targeting.decide(new, groups: Targeting.groups(of: new, among: groups)).match
      })
  }

  /// A bundle for everywhere with customisations, for one environment, for one region, for a group, or for one cluster.
  private static func bundle(_ number: Int) throws -> BundleSpec {
    let environment = Clusters.environments[number / 5 % 4]
    let target: Value =
      switch number % 5 {
      case 0: ["clusterSelector": [:]]
      case 1: ["clusterSelector": ["matchLabels": ["env": .string(environment), "hardware": "edge"]]]
      case 2: ["clusterSelector": ["matchLabels": ["region": "region-\(number % 17)"]]]
      case 3: ["clusterGroup": .string(environment)]
      default: ["clusterName": "cluster-\(number * 97)"]
      }
    let custom: [Value] = (0..<10).map { shard in
      [
        "name": "shard-\(shard)",
        "clusterSelector": ["matchLabels": ["shard": "\(shard)", "store": "store-\(number)"]],
        "helm": ["values": ["shard": .integer(Int64(shard))]],
      ]
    }
    var values: Value = ["replicas": 1]
    if number % 25 == 0 { values["region"] = "global.fleet.clusterLabels.region" }
    return try BundleSpec([
      "helm": ["chart": "chart", "values": values], "targets": .array(custom + [target]),
      "targetRestrictions": [target],
    ])
  }
}
