import Document
import Foundation
import Testing

import struct TestSupport.ControlPlane

extension EndToEnd {
  @Suite("Metrics of the manager")
  struct MetricsTests {
    /// Of their own, so that other tests do not see clusters come and go.
    private static let namespace = "scraped"
    private static let gauges = ["flotilla_connected_agents", "flotilla_sessions"]
    /// dev, prod, and the one inside the manager.
    private static let agentsOfTheLab = 3.0

    @Test("what the lab's dashboard asks Prometheus for is what the manager tells")
    func dashboard() async throws {
      let root = String(ControlPlane.script.dropLast("scripts/kube-cluster".count))
      let file = try Data(contentsOf: URL(filePath: root + "compose/grafana/dashboards/flotilla.json"))
      let dashboard = try JSON.parse([UInt8](file), file: "flotilla.json")
      let expressions = (dashboard["panels"]?.array ?? []).flatMap { panel in
        (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
      }
      let names = Set(
        expressions.flatMap { expression in
          expression.matches(of: /\b(?:flotilla|fleet|process)_[a-z_]+/).map { String($0.output) }
        })
      #expect(names.count > 10)
      try await Lab.run { lab in
        // What is told of bundles is told where there is one.
        try await lab.kubectl.apply(
          """
          kind: Bundle
          apiVersion: fleet.cattle.io/v1alpha1
          metadata: {name: shown, namespace: default}
          """)
        try await eventually("everything is told of") {
          let told = try await lab.kubectl("get", "--raw", "/metrics")
          for name in names {
            let family = name.hasSuffix("_bucket") ? String(name.dropLast("_bucket".count)) : name
            try require(told.contains("# TYPE \(family) "), "nothing is told of \(family)")
          }
        }
        try await lab.kubectl("delete", "bundle", "shown", "-n", "default")
      }
    }

    @Test("a scrape is valid and tells what agents do: they come, acknowledge, refuse and go")
    func scrape() async throws {
      try await Lab.run { lab in
        let scrape = { try MetricsScrape(try await lab.kubectl("get", "--raw", "/metrics")) }
        // Whoever an earlier test ended or started anew has gone or come, so that what changes is this test's agent.
        try await eventually("the lab's agents are connected, and nobody else") {
          for gauge in Self.gauges { try require(try await scrape()(gauge) == Self.agentsOfTheLab, gauge) }
        }
        let before = try await scrape()
        try await lab.kubectl("create", "namespace", Self.namespace)
        let values = try await lab.manager.values(token: "scraped", namespace: Self.namespace)
        let token = try #require(try YAML.parse(values).first?["token"]?.string)
        let agent = try await ForeignAgent(
          endpoint: lab.manager.busEndpoint, token: token, clientID: "scraped", labels: ["env=scraped"],
          refuse: ["scraped-bad"])
        defer { agent.kill() }
        let name = try #require(try await agent.event("enrolled")["name"]?.string)
        for bundle in ["scraped-good", "scraped-bad"] {
          try await lab.kubectl.apply(
            """
            kind: Bundle
            apiVersion: fleet.cattle.io/v1alpha1
            metadata: {name: \(bundle), namespace: \(Self.namespace)}
            spec:
              resources: [{name: map.yaml, content: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"}]
              targets: [{clusterSelector: {matchLabels: {env: scraped}}}]
            """)
        }
        let grown =
          [
            "flotilla_connections_total", "flotilla_sessions_total", "flotilla_acks_total", "flotilla_desired_total",
            #"flotilla_handshakes_total{result="unknown"}"#, #"flotilla_nacks_total{code="INVALID_ARGUMENT"}"#,
            #"flotilla_desired_items_total{action="set"}"#, "flotilla_status_reports_total", "flotilla_statuses_total",
            #"flotilla_bus_bytes_total{direction="in"}"#, #"flotilla_bus_bytes_total{direction="out"}"#,
            #"flotilla_bus_frames_total{direction="in"}"#, #"flotilla_bus_frames_total{direction="out"}"#,
            "flotilla_delivery_acknowledged_seconds_count", "flotilla_delivery_ready_seconds_count",
            "flotilla_store_commit_seconds_count", "process_cpu_seconds_total",
          ] + Self.gauges
        try await eventually("everything that the agent did is counted") {
          let now = try await scrape()
          for series in grown {
            let (old, new) = (try before(series), try now(series))
            try require(new > old, "\(series) was \(old) and is \(new)")
          }
          let states = now.series(of: "fleet_bundle_state").filter { $0.key.contains(#"name="scraped-good""#) }
          try require(
            states.count == 7 && states.first { $0.key.contains(#"state="Ready""#) }?.value == 1,
            "the bundle: \(states), \(now.series(of: "fleet_bundle_state").keys)")
          let failed = now.series(of: "fleet_bundle_err_applied").first { $0.key.contains(#"name="scraped-bad""#) }
          try require(failed?.value == 1, "\(failed, default: "no series of scraped-bad")")
          let clusters = now.series(of: "fleet_cluster_resources_count_ready").filter { $0.key.contains(name) }
          try require(
            clusters.count == 1 && clusters.first?.value == 1,
            "the cluster \(name): \(now.series(of: "fleet_cluster_resources_count_ready"))")
        }
        agent.process.send(SIGTERM)
        try await eventually("the agent is gone from the gauges, and so are its objects once they are deleted") {
          let now = try await scrape()
          #expect(now.series(of: "flotilla_connected_agents").isEmpty, "no label names an agent")
          for gauge in Self.gauges {
            let value = try now(gauge)
            try require(value == Self.agentsOfTheLab, "\(gauge) is \(value)")
          }
        }
        try await lab.kubectl("delete", "bundle", "scraped-good", "scraped-bad", "-n", Self.namespace)
        try await lab.kubectl("delete", "cluster", name, "-n", Self.namespace, "--wait=false")
        try await eventually("what is deleted has no metrics") {
          let left = try await scrape().series(of: "fleet_bundle_state").filter { $0.key.contains("scraped") }
          try require(left.isEmpty, "\(left.keys)")
        }
      }
    }

    @Test("nobody reads the metrics without a token")
    func authentication() async throws {
      try await Lab.run { lab in
        let server = try await lab.kubectl(
          "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
        let answer = try await command(
          [
            "curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}",
            server + "/metrics",
          ]
        ).checked()
        #expect(answer == "401" || answer == "403")
      }
    }
  }
}
