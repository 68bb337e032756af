import Document
import Fleet

/// A fleet of 100,000 clusters with labels and groups as people give them.
enum Clusters {
  static let count = 100_000
  static let namespace = "fleet-default"
  static let environments = ["dev", "test", "staging", "prod"]

  static func all() -> [TargetCluster] {
    (0..<count).map { index in
      TargetCluster(
        name: "cluster-\(index)", namespace: namespace,
        labels: [
          "env": environments[index % 4], "region": "region-\(index % 17)", "shard": "\(index % 12)",
          "store": "store-\(index)", "hardware": index % 3 == 0 ? "edge" : "server",
          "management.cattle.io/cluster-name": "c-\(index)", "topology.kubernetes.io/zone": "zone-\(index % 51)",
          "fleet.cattle.io/managed": "true",
        ], clusterNamespace: "cluster-fleet-default-cluster-\(index)-1a3d67d0a899")
    }
  }

  static func groups() throws -> [TargetGroup] {
    try environments.map {
      TargetGroup(
        name: $0, namespace: namespace, labels: ["stage": $0], selector: try SelectorSpec(matchLabels: ["env": $0]))
    }
  }
}
