import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("Joining clusters")
  struct JoiningTests {
    @Test("a token's Secret holds what an agent needs, and the cluster is named after its own kube-system namespace")
    func tokenAndCluster() async throws {
      try await Lab.run { lab in
        try await lab.kubectl.apply(try Places.example("gitrepos/new-token.yaml"))
        let values = try await lab.manager.decodedValues(token: "new-token", namespace: Lab.workspace)
        let parsed = try #require(try YAML.parse(values).first)
        #expect(parsed["clusterNamespace"]?.string == Lab.workspace)
        #expect(parsed["token"]?.string?.isEmpty == false)
        #expect(
          try await lab.kubectl("get", "secret", "new-token", "-n", Lab.workspace, "-o", "jsonpath={.type}")
            == "fleet.cattle.io/cluster-registration-values")
        let tokens = try await lab.kubectl.table("clusterregistrationtokens", "-n", Lab.workspace)
        #expect(tokens.columns == ["NAME", "SECRET-NAME"])
        #expect(tokens.rows.contains { $0["NAME"] == "new-token" && $0["SECRET-NAME"] == "new-token" })

        for agent in [lab.dev, lab.prod] {
          let uid = try await agent.plane.admin(
            "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
          let hash = try await command(["sha256sum"], input: uid).checked().prefix(12)
          let cluster = try await lab.cluster(agent)
          #expect(cluster.at("metadata", "name")?.string == "cluster-\(hash)")
          #expect(cluster.at("metadata", "labels", "type")?.string == "edge")
        }
        try await eventually("both clusters are seen") {
          let clusters = try await lab.kubectl.table("clusters", "-A")
          #expect(clusters.columns == ["NAMESPACE", "NAME", "BUNDLES-READY", "LAST-SEEN", "STATUS"])
          let joined = clusters.rows.filter { $0["NAMESPACE"] == Lab.workspace }
          try require(joined.count == 2 && joined.allSatisfy { $0["LAST-SEEN"] != "" }, "\(clusters)")
          for row in joined {
            #expect(row["NAME"]?.wholeMatch(of: /cluster-[0-9a-f]{12}/) != nil)
            #expect(row["BUNDLES-READY"]?.wholeMatch(of: /[0-9]+\/[0-9]+/) != nil)
          }
        }
      }
    }

    @Test("a cluster gets what its labels select, the others do not, and it loses it with the label")
    func labelsSelect() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("selected")
        let commit = try await repository.push(["app/map.yaml": Manifests.configMap("selected", ["a": "b"])])
        try await lab.apply(
          gitRepo: "selected", repository, paths: ["app"],
          targets: "[{name: dev, clusterSelector: {matchLabels: {env: dev}}}]")
        try await lab.ready(gitRepo: "selected", commit: commit, deployments: 1)
        #expect(try await lab.dev.plane.admin.has("configmap", "selected", "-n", "default"))
        #expect(try await !lab.prod.plane.admin.has("configmap", "selected", "-n", "default"))
        #expect(try await !lab.local.admin.has("configmap", "selected", "-n", "default"))

        let name = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
        try await lab.kubectl("label", "cluster", name, "-n", Lab.workspace, "env-")
        try await eventually("the object leaves dev with the label") {
          try require(
            try await !lab.dev.plane.admin.has("configmap", "selected", "-n", "default"), "it is still there")
        }
        try await lab.kubectl("label", "cluster", name, "-n", Lab.workspace, "env=dev")
        try await lab.ready(gitRepo: "selected", commit: commit, deployments: 1)
        #expect(try await lab.dev.plane.admin.has("configmap", "selected", "-n", "default"))
        try await lab.remove(gitRepo: "selected")
      }
    }

    @Test("a token that is wrong or has expired, and a manager that is not the token's, are told in the agent's log")
    func refusedAgents() async throws {
      try await Lab.run { lab in
        let good = try await lab.manager.values(token: "refusals", namespace: Lab.workspace)
        let token = try #require(try YAML.parse(good).first?["token"]?.string)
        let ending = String(token.suffix(8))
        let turned = String(ending.map { $0 == "0" ? "1" : "0" })
        let short = try await lab.manager.values(token: "short", namespace: Lab.workspace, ttl: "8s")
        try await eventually("the token that expired is gone, with its Secret") {
          try require(
            try await !lab.kubectl.has("clusterregistrationtokens", "short", "-n", Lab.workspace), "it is still there")
          try require(try await !lab.kubectl.has("secret", "short", "-n", Lab.workspace), "its Secret is still there")
        }
        // Another manager at the endpoint that the values name: same door, another key behind it.
        let other = try ManagerProcess("other")
        try await other.start()

        let cases: [(name: String, values: String, says: [String])] = [
          ("wrong-token", good.replacing(ending, with: turned), ["token"]),
          ("expired-token", short, ["token"]),
          ("wrong-key", good.replacing(lab.manager.busEndpoint, with: other.busEndpoint), ["key"]),
        ]
        for (name, values, says) in cases {
          let agent = try AgentProcess(name, plane: lab.dev.plane, values: values)
          try await agent.start()
          try await eventually("the agent with \(name) says why it is refused", within: .seconds(40)) {
            let log = await agent.log
            let complaint = log.split(separator: "\n").contains { line in
              line.contains(/ERROR|WARNING|Error:/) && says.allSatisfy { line.lowercased().contains($0) }
            }
            try require(complaint, String(log.suffix(1500)))
          }
          #expect(await !agent.log.contains(token.suffix(32)), "a token's secret is in no log")
          if await agent.isRunning { try await agent.stop() }
        }
        try await other.stop()
        let clusters = try await lab.kubectl.get("clusters", "-n", Lab.workspace)
        #expect(clusters["items"]?.array?.count == 2, "none of them became a Cluster")
      }
    }
  }
}
