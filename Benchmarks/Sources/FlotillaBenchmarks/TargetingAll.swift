import Document
import Fleet

/// One bundle with ten customisations, planned for every one of 100,000 clusters.
enum TargetingAll {
  static func run() async throws -> [Figure] {
    let clusters = Clusters.all()
    let groups = try Clusters.groups()
    let spec = try bundle()
    let best = try await Measure.shortest(of: 15) {
      var planner = DeploymentPlanner(spec: spec, manifestID: "s-0123456789abcdef")
      var versions: [String: Int] = [:]
      for cluster in clusters {
        let plan = await planner.plan(cluster, groups: Targeting.groups(of: cluster, among: groups))
        guard case .version(let version) = plan else { throw Mistake("\(cluster.name) gets nothing") }
        versions[version.deploymentID, default: 0] += 1
      }
      // Ten shards have a customisation of their own, two have none.
      guard versions.count == 11 else { throw Mistake("\(versions.count) versions were made") }
    }
    return [Figure(name: "targeting-100k", value: best * 1000, unit: "ms")]
  }

  private static func bundle() throws -> BundleSpec {
    let custom: [Value] = (0..<10).map { shard in
      [
        "name": "shard-\(shard)", "clusterSelector": ["matchLabels": ["shard": "\(shard)"]],
        "helm": ["values": ["shard": .integer(Int64(shard)), "replicas": 3]],
      ]
    }
    let plain: Value = ["name": "all", "clusterSelector": [:]]
    return try BundleSpec([
      "helm": ["chart": "chart", "values": ["replicas": 1]], "targets": .array(custom + [plain]),
      "targetRestrictions": [plain],
    ])
  }
}
