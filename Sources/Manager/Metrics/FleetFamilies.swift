import Document
import Fleet
import Telemetry
import Store

/// Fleet's own metrics of Bundles, GitRepos, Clusters and ClusterGroups (fleet-behaviour §10.1), made from the stored objects at
/// every scrape: an object that is gone has none.
struct FleetFamilies {
  private typealias Labels = [(name: String, value: String)]

  private let store: any Store

  init(store: any Store) { self.store = store }

  /// The families. Of each kind the first ``Limits/metricObjects`` objects are read; a gauge says of which kinds there are more.
  func read() async throws -> [MetricFamily] {
    var families: [MetricFamily] = []
    var cut = MetricFamily(
      "flotilla_metrics_incomplete", .gauge, "1 for kinds with more objects than are shown one by one here.")
    for (kind, name, make) in [
      (StoredKind.bundles, "Bundle", Self.bundles), (StoredKind.gitRepos, "GitRepo", Self.gitRepos),
      (StoredKind.clusters, "Cluster", Self.clusters), (StoredKind.clusterGroups, "ClusterGroup", Self.groups),
    ] {
      let page = try await store.list(kind: kind, limit: Limits.metricObjects)
      families += make(page.objects.compactMap { try? ObjectRepository.document(of: $0) })
      cut.add(page.next == nil ? 0 : 1, labels: [("kind", name)])
    }
    return families + [cut]
  }

  private static func bundles(_ objects: [Value]) -> [MetricFamily] {
    let labels = { (object: Value) -> Labels in
      identity(object) + [
        ("commit", text(object, "metadata", "labels", FleetLabels.commit)),
        ("repo", text(object, "metadata", "labels", FleetLabels.repoName)),
        ("generation", number(object, "metadata", "generation")),
      ]
    }
    let counts = [
      ("not_ready", "notReady"), ("wait_applied", "waitApplied"), ("err_applied", "errApplied"),
      ("out_of_sync", "outOfSync"), ("modified", "modified"), ("ready", "ready"), ("pending", "pending"),
      ("desired_ready", "desiredReady"),
    ].map { (name: "fleet_bundle_\($0.0)", path: ["status", "summary", $0.1]) }
    // Nothing is shown of a Bundle that is Ready.
    let state = { (object: Value) -> String in
      let shown = text(object, "status", "display", "state")
      return shown.isEmpty ? BundleState.ready.rawValue : shown
    }
    return gauges(counts, objects) { labels($0) + [("state", state($0))] }
      + [states("fleet_bundle_state", BundleState.allCases.map(\.rawValue), objects, labels, state)]
  }

  private static func gitRepos(_ objects: [Value]) -> [MetricFamily] {
    let counts =
      [
        (name: "fleet_gitrepo_desired_ready_clusters", path: ["status", "desiredReadyClusters"]),
        (name: "fleet_gitrepo_ready_clusters", path: ["status", "readyClusters"]),
      ]
      + resources("fleet_gitrepo_resources_", separated: true)
    return gauges(counts, objects) { object in
      identity(object) + [
        ("repo", URLRedaction.redacted(text(object, "spec", "repo"))), ("branch", text(object, "spec", "branch")),
        ("paths", (object.at("spec", "paths")?.array ?? []).compactMap(\.string).joined(separator: ";")),
      ]
    }
  }

  private static func clusters(_ objects: [Value]) -> [MetricFamily] {
    let labels = { (object: Value) -> Labels in
      identity(object) + [
        ("cluster_name", text(object, "metadata", "labels", "management.cattle.io/cluster-name")),
        ("cluster_display_name", text(object, "metadata", "labels", "management.cattle.io/cluster-display-name")),
        ("generation", number(object, "metadata", "generation")),
      ]
    }
    // Fleet knows no more of a cluster than these three.
    let state = { (object: Value) -> String in
      switch text(object, "status", "display", "state") {
      case "": "Ready"
      case "WaitCheckIn": "WaitCheckIn"
      default: "NotReady"
      }
    }
    let counts =
      [
        (name: "fleet_cluster_desired_ready_git_repos", path: ["status", "desiredReadyGitRepos"]),
        (name: "fleet_cluster_ready_git_repos", path: ["status", "readyGitRepos"]),
      ]
      + resources("fleet_cluster_resources_count_", separated: false)
    return gauges(counts, objects) { labels($0) + [("state", state($0))] }
      + [states("fleet_cluster_state", ["NotReady", "Ready", "WaitCheckIn"], objects, labels, state)]
  }

  private static func groups(_ objects: [Value]) -> [MetricFamily] {
    let labels = { (object: Value) -> Labels in
      identity(object) + [("generation", number(object, "metadata", "generation"))]
    }
    let state = { (object: Value) -> String in
      object.at("status", "nonReadyClusterCount")?.integer ?? 0 == 0 ? "Ready" : "NotReady"
    }
    let counts =
      [
        (name: "fleet_cluster_group_cluster_count", path: ["status", "clusterCount"]),
        (name: "fleet_cluster_group_non_ready_cluster_count", path: ["status", "nonReadyClusterCount"]),
        (name: "fleet_cluster_group_bundle_desired_ready", path: ["status", "summary", "desiredReady"]),
        (name: "fleet_cluster_group_bundle_ready", path: ["status", "summary", "ready"]),
      ]
      + resources("fleet_cluster_group_resource_count_", separated: true)
    return gauges(counts, objects) { labels($0) + [("state", state($0))] }
      + [states("fleet_cluster_group_state", ["NotReady", "Ready"], objects, labels, state)]
  }

  // What the kinds share.

  private static func resources(_ prefix: String, separated: Bool) -> [(name: String, path: [String])] {
    ["desired_ready", "missing", "modified", "not_ready", "orphaned", "ready", "unknown", "wait_applied"].map { name in
      let words = name.split(separator: "_")
      let field = words.dropFirst().reduce(String(words[0])) { $0 + $1.capitalized }
      return (prefix + (separated ? name : words.joined()), ["status", "resourceCounts", field])
    }
  }

  private static func gauges(
    _ counts: [(name: String, path: [String])], _ objects: [Value], _ labels: (Value) -> Labels
  ) -> [MetricFamily] {
    let labelled = objects.map { (object: $0, labels: labels($0)) }
    return counts.map { count in
      var family = MetricFamily(count.name, .gauge, "Fleet's \(count.path.dropFirst().joined(separator: ".")).")
      for entry in labelled {
        family.add(Double(entry.object.at(count.path)?.integer ?? 0), labels: entry.labels)
      }
      return family
    }
  }

  /// One number for each state: 1 for the object's own, 0 for the others.
  private static func states(
    _ name: String, _ all: [String], _ objects: [Value], _ labels: (Value) -> Labels, _ state: (Value) -> String
  ) -> MetricFamily {
    var family = MetricFamily(name, .gauge, "1 for the state that the object is in, 0 for the others.")
    for object in objects {
      let (own, labels) = (state(object), labels(object))
      for state in all { family.add(state == own ? 1 : 0, labels: labels + [("state", state)]) }
    }
    return family
  }

  private static func identity(_ object: Value) -> Labels {
    [("name", text(object, "metadata", "name")), ("namespace", text(object, "metadata", "namespace"))]
  }
  private static func text(_ object: Value, _ path: String...) -> String { object.at(path)?.string ?? "" }
  private static func number(_ object: Value, _ path: String...) -> String { "\(object.at(path)?.integer ?? 0)" }
}
