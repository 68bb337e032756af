import Document
import Testing

extension EndToEnd {
  @Suite("First steps with the local cluster")
  struct LocalClusterTests {
    @Test("a GitRepo in fleet-local brings its namespace to the local cluster, and deleting it takes it away")
    func simpleNamespace() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository.examples("first-steps")
        let commit = try await repository.push(["README": "first steps\n"])
        let placeholder = "https://git.example.com/examples.git"
        try await lab.kubectl.apply(
          try Places.example("gitrepos/simple-namespace.yaml").replacing(placeholder, with: repository.url))
        try await lab.ready(gitRepo: "simple-namespace", commit: commit, deployments: 1, namespace: "fleet-local")

        let repositories = try await lab.kubectl.table("gitrepo", "-n", "fleet-local")
        #expect(repositories.columns == ["NAME", "REPO", "COMMIT", "BUNDLEDEPLOYMENTS-READY", "STATUS"])
        let row = try #require(repositories.rows.first)
        #expect(row["NAME"] == "simple-namespace")
        #expect(row["REPO"] == repository.url)
        #expect(row["COMMIT"] == commit)
        #expect(row["BUNDLEDEPLOYMENTS-READY"] == "1/1")
        #expect(row["STATUS"] == "", "an object that is fine says nothing")

        let bundles = try await lab.kubectl.table("bundles", "-n", "fleet-local")
        #expect(bundles.columns == ["NAME", "BUNDLEDEPLOYMENTS-READY", "STATUS"])
        #expect(bundles.rows.map { $0["NAME"] } == ["simple-namespace-namespace"])
        #expect(bundles.rows.first?["BUNDLEDEPLOYMENTS-READY"] == "1/1")
        #expect(
          try await lab.kubectl.has(
            "bundledeployment", "simple-namespace-namespace", "-n", "cluster-fleet-local-local-1a3d67d0a899"))

        let monitoring = try await lab.local.admin.get("namespace", "monitoring")
        #expect(
          monitoring.at("metadata", "annotations", "example.com/purpose")?.string
            == "metrics and alerts of this cluster")

        try await lab.remove(gitRepo: "simple-namespace", namespace: "fleet-local")
        try await eventually("the namespace monitoring is gone") {
          try require(try await !lab.local.admin.has("namespace", "monitoring"), "it is still there")
        }
      }
    }

    @Test("kubectl reads and writes the manager's objects as it does any cluster's")
    func kubectlVerbs() async throws {
      try await Lab.run { lab in
        let kubectl = lab.kubectl
        let local = ["-n", "fleet-local"]
        try await kubectl.apply(
          """
          kind: ClusterGroup
          apiVersion: fleet.cattle.io/v1alpha1
          metadata: {name: verbs, namespace: fleet-local, labels: {a: b}}
          spec: {selector: {matchLabels: {name: local}}}
          """)
        #expect(
          try await kubectl("get", "clustergroup", "verbs", "-n", "fleet-local", "-o", "name")
            == "clustergroup.fleet.cattle.io/verbs\n")
        try await eventually("the group counts its cluster") {
          let count = try await kubectl(
            "get", "clustergroup", "verbs", "-n", "fleet-local", "-o", "jsonpath={.status.clusterCount}")
          try require(count == "1", "clusterCount is '\(count)'")
        }
        let described = try await kubectl("describe", "clustergroup", "verbs", "-n", "fleet-local")
        #expect(described.contains("Name:         verbs"))
        #expect(described.contains("Match Labels:"))
        try await kubectl("label", "clustergroup", "verbs", "-n", "fleet-local", "c=d")
        try await kubectl("annotate", "clustergroup", "verbs", "-n", "fleet-local", "e=f")
        try await kubectl(
          "patch", "clustergroup", "verbs", "-n", "fleet-local", "--type", "merge", "-p",
          #"{"spec":{"selector":{"matchLabels":{"name":"nobody"}}}}"#)
        #expect(try await kubectl("get", "clustergroups", "-A", "-l", "a=b,c=d", "-o", "name").contains("verbs"))
        try await kubectl(
          "wait", "clustergroup/verbs", "-n", "fleet-local", "--for", "jsonpath={.status.clusterCount}=0",
          "--timeout", "20s")
        #expect(try await kubectl("get", "fleet", "-A").contains("clustergroup.fleet.cattle.io/verbs"))
        #expect(try await kubectl("explain", "gitrepo.spec.pollingInterval").contains("pollingInterval"))
        let kinds = try await kubectl("api-resources", "--api-group", "fleet.cattle.io", "-o", "name")
        for kind in ["gitrepos", "bundles", "bundledeployments", "clusters", "clustergroups", "contents"] {
          #expect(kinds.contains("\(kind).fleet.cattle.io"))
        }
        let deleted = try await kubectl.run(["delete", "clustergroup", "verbs"] + local)
        #expect(deleted.status == 0)
        #expect(try await !kubectl.has("clustergroup", "verbs", "-n", "fleet-local"))
      }
    }
  }
}
