import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("One commit reaches two clusters")
  struct RolloutTests {
    @Test("manifests and a chart reach both clusters, and so does the next commit")
    func twoCommits() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository.examples("guestbook")
        let first = try await repository.push(["README": "guestbook\n"])
        try await lab.apply(gitRepo: "guestbook", repository, paths: ["manifests", "helm"])
        try await lab.ready(gitRepo: "guestbook", commit: first, deployments: 4)

        for agent in [lab.dev, lab.prod] {
          let settings = try await agent.plane.admin.get("configmap", "settings", "-n", "guestbook")
          #expect(
            settings["data"]?.stringMap == [
              "replicas": "2", "logLevel": "warning", "feature.search": "true", "feature.uploads": "true",
            ], "fleet.yaml's values above the chart's, the values files above both")
          #expect(try await agent.plane.admin.has("service", "guestbook", "-n", "guestbook"))
          let releases = try await agent.plane.admin(
            "get", "secrets", "-n", "guestbook", "-l", "owner=helm", "-o", "name")
          #expect(releases.contains("sh.helm.release.v1.settings.v1"))
          #expect(releases.contains("sh.helm.release.v1.guestbook-manifests.v1"))
        }

        let greeting = try Places.example("manifests/greeting.yaml")
        let second = try await repository.push([
          "manifests/greeting.yaml": greeting.replacing("first commit", with: "second commit")
        ])
        let pushed = ContinuousClock().now
        try await lab.ready(gitRepo: "guestbook", commit: second, deployments: 4)
        let took = ContinuousClock().now - pushed
        #expect(took < .seconds(12), "a poll of 1 s and a small bundle took \(took)")
        for agent in [lab.dev, lab.prod] {
          let message = try await agent.plane.admin(
            "get", "configmap", "greeting", "-n", "guestbook", "-o", "jsonpath={.data.message}")
          #expect(message == "Hello from the second commit")
          let releases = try await agent.plane.admin(
            "get", "secrets", "-n", "guestbook", "-l", "owner=helm", "-o", "name")
          #expect(releases.contains("sh.helm.release.v1.guestbook-manifests.v2"))
          #expect(!releases.contains("sh.helm.release.v1.settings.v2"), "what did not change is not deployed again")
        }
        try await lab.remove(gitRepo: "guestbook")
        for agent in [lab.dev, lab.prod] {
          try await eventually("the objects are gone from \(agent.name)") {
            let left = try await agent.plane.admin("get", "configmaps,services", "-n", "guestbook", "-o", "name")
            try require(!left.contains("greeting") && !left.contains("settings") && !left.contains("service/"), left)
          }
        }
      }
    }

    @Test("a group's clusters get its bundle, and an object that is not ready is named up to the cluster")
    func groupAndReadiness() async throws {
      try await Lab.run { lab in
        try await lab.kubectl.apply(
          """
          kind: ClusterGroup
          apiVersion: fleet.cattle.io/v1alpha1
          metadata: {name: production, namespace: \(Lab.workspace)}
          spec: {selector: {matchLabels: {env: prod}}}
          """)
        let repository = try await GitRepository.examples("workload")
        try await repository.push(["README": "workload\n"])
        try await lab.apply(
          gitRepo: "workload", repository, paths: ["workload"], targets: "[{clusterGroup: production}]")
        // No kubelet runs here, so the Deployment's pods stay Pending.
        try await eventually("the Deployment is there and shows as not ready") {
          let status = try await lab.kubectl.table("gitrepo", "workload", "-n", Lab.workspace).rows.first
          try require(
            status?["BUNDLEDEPLOYMENTS-READY"] == "0/1" && status?["STATUS"]?.contains("NotReady(1)") == true
              && status?["STATUS"]?.contains("deployment.apps guestbook/guestbook") == true,
            "\(status ?? [:])")
        }
        let name = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
        try await eventually("the group shows the cluster that is not ready") {
          let groups = try await lab.kubectl.table("clustergroup", "production", "-n", Lab.workspace)
          try require(groups.rows.first?["CLUSTERS-READY"] == "0/1 (\(name))", "\(groups)")
        }
        #expect(try await !lab.dev.plane.admin.has("deployment", "guestbook", "-n", "guestbook"))
        try await lab.remove(gitRepo: "workload")
        try await lab.kubectl("delete", "clustergroup", "production", "-n", Lab.workspace)
      }
    }
  }
}
