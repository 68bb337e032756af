import Document
import Foundation
import struct TestSupport.ControlPlane
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension EndToEnd {
  @Suite("Clusters that the manager installs the agent into")
  struct ImportTests {
    private static let namespace = "imports"

    private func secret(_ kubeconfig: String) -> String {
      """
      kind: Secret
      apiVersion: v1
      metadata: {name: edge-kubeconfig, namespace: \(Self.namespace)}
      data: {value: \(Base64.encode(Array(kubeconfig.utf8)))}
      """
    }

    private func cluster(_ lab: Lab) async throws -> Value {
      try await lab.kubectl.get("cluster", "edge", "-n", Self.namespace)
    }

    /// Waits for the condition `Imported`.
    private func imported(_ lab: Lab, _ status: String, reason: String = "", generation: Int = 0) async throws -> String
    {
      try await eventually("Imported is \(status) \(reason)", within: .seconds(60)) {
        let cluster = try await cluster(lab)
        let condition = Lab.condition("Imported", of: cluster)
        try require(
          condition?["status"]?.string == status && condition?["reason"]?.string ?? "" == reason
            && (status != "True" || cluster.at("status", "agentDeployedGeneration")?.int == generation),
          JSON.string(cluster["status"] ?? .null))
        return condition?["message"]?.string ?? ""
      }
    }

    private func ready(_ pod: PodProcess) async throws {
      try await eventually("the pod is ready", within: .seconds(60)) {
        if let status = pod.exitStatus {
          throw Hopeless(description: "it ended with \(status): \(pod.log.suffix(3000))")
        }
        let (status, text) = try await pod.probe("health", "/readyz")
        try require(status == 200, "\(status) \(text); \(pod.log.suffix(2000))")
        #expect(text.contains("imports/edge"))
      }
    }

    private func tokenIsGone(_ lab: Lab) async throws {
      try await eventually("the token is gone, now that the agent has joined") {
        for kind in ["clusterregistrationtoken", "secret"] {
          try require(try await !lab.kubectl.has(kind, "import-token-edge", "-n", Self.namespace), "a \(kind) is there")
        }
      }
    }

    @Test(
      "a kubeconfig becomes an agent in the cluster, whose pod joins, deploys, survives the loss of its node and is redeployed",
      .enabled(if: geteuid() == 0, "a pod's root takes mounts"))
    func imports() async throws {
      try await Lab.run { lab in
        let plane = lab.prod.plane
        let kubeconfig = try String(contentsOfFile: plane.kubeconfig, encoding: .utf8)
        try await lab.kubectl("create", "namespace", Self.namespace)
        try await lab.kubectl.apply(
          """
          kind: Cluster
          apiVersion: fleet.cattle.io/v1alpha1
          metadata: {name: edge, namespace: \(Self.namespace), labels: {env: edge}}
          spec:
            kubeConfigSecret: edge-kubeconfig
            agentTolerations: [{key: edge, operator: Exists}]
            agentEnvVars: [{name: EDGE, value: "yes"}]
          """)
        #expect(try await imported(lab, "False", reason: "SecretMissing").contains("kubectl create secret"))
        try await lab.kubectl.apply(secret(kubeconfig.replacing(":\(try plane.port())", with: ":1")))
        #expect(try await imported(lab, "False", reason: "Unreachable").contains("https://127.0.0.1:1"))
        try await lab.kubectl.apply(secret(kubeconfig))
        _ = try await imported(lab, "True")

        // Whoever reads the token on its way into the cluster cannot join as another one.
        let values = try await lab.manager.decodedValues(token: "import-token-edge", namespace: Self.namespace)
        let thief = try AgentProcess("thief", plane: plane, values: values + "clientID: thief\n")
        try await thief.start()
        try await eventually("a token of an import is good for its own cluster alone") {
          let log = await thief.log
          try require(log.contains("is for another cluster"), log)
        }
        try await thief.kill()

        let name = "flotilla-agent"
        let system = "cattle-fleet-system"
        let pod = try await PodProcess(statefulSet: name, namespace: system, plane: plane)
        try await pod.ended {
          try await ready(pod)
          try await tokenIsGone(lab)
          #expect(try await pod.probe("health", "/livez").status == 200)
          #expect(try await pod.probe("health", "/metrics").text.contains("flotilla_agent_connected 1"))
          #expect(try await pod.probe("health", "/secrets").status == 404)
          let repository = try await GitRepository("imported")
          let commit = try await repository.push(["app/map.yaml": Manifests.configMap("imported", ["a": "b"])])
          try await lab.kubectl.apply(
            """
            kind: GitRepo
            apiVersion: fleet.cattle.io/v1alpha1
            metadata: {name: imported, namespace: \(Self.namespace)}
            spec:
              repo: \(repository.url)
              pollingInterval: 1s
              paths: [app]
              targets: [{clusterSelector: {matchLabels: {env: edge}}}]
            """)
          try await lab.ready(gitRepo: "imported", commit: commit, deployments: 1, namespace: Self.namespace)
          #expect(try await plane.admin.has("configmap", "imported", "-n", "default"))
          try await eventually("the agent's key is in its Secret") {
            let data = try await plane.admin.get("secret", "flotilla-agent-identity", "-n", system)["data"]
            try require(data?["agent.key"] != nil, JSON.string(data ?? .null))
          }
        }

        // Another node, an empty volume, and a token that nobody takes any more.
        let second = try await PodProcess(statefulSet: name, namespace: system, plane: plane)
        try await second.ended {
          try await ready(second)
          #expect(second.log.contains("took the key from Secret"))
          let releases = try await plane.admin(
            "get", "secret", "-n", "default", "-l", "owner=helm", "-o", "jsonpath={.items[*].metadata.name}")
          #expect(!releases.contains(".v2"), "nothing was deployed anew: \(releases)")
          #expect(await second.stop() == 0)
        }

        try await lab.kubectl(
          "patch", "cluster", "edge", "-n", Self.namespace, "--type", "merge", "-p",
          #"{"spec":{"redeployAgentGeneration":1,"hostNetwork":true,"privateRepoURL":"registry.example.com"}}"#)
        _ = try await imported(lab, "True", generation: 1)
        let template = try await plane.admin.get("statefulset", name, "-n", system).at("spec", "template", "spec")
        #expect(template?["hostNetwork"] == true)
        #expect(template?["containers"]?.array?.first?["image"]?.string?.hasPrefix("registry.example.com/") == true)
        #expect(template?["tolerations"]?.array?.contains { $0["key"] == "edge" } == true)
        #expect(template?["containers"]?.array?.first?["env"]?.array?.contains { $0["name"] == "EDGE" } == true)
        let third = try await PodProcess(statefulSet: name, namespace: system, plane: plane)
        try await third.ended {
          try await ready(third)
          #expect(third.log.contains("joining anew"))
          try await tokenIsGone(lab)
          try await lab.remove(gitRepo: "imported", namespace: Self.namespace)
          try await lab.kubectl("delete", "cluster", "edge", "-n", Self.namespace)
        }
      }
    }
  }
}
