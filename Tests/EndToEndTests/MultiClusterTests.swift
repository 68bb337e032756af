import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("One repository differs by cluster")
  struct MultiClusterTests {
    @Test("overlays, kustomize, a chart, and kustomize over a chart give each environment its own")
    func environments() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository.examples("multi-cluster")
        let directories = ["manifests", "kustomize", "helm", "helm-kustomize"]
        try await lab.apply(gitRepo: "multi-cluster", repository, paths: directories.map { "multi-cluster/\($0)" })
        try await eventually("all is deployed; nothing runs the pods, so Deployments are not ready") {
          let bundles =
            try await lab.kubectl.get(
              "bundledeployments", "-A", "-l", "fleet.cattle.io/repo-name=multi-cluster")["items"]?.array ?? []
          let deployed = bundles.filter { Lab.condition("Deployed", of: $0)?["status"]?.string == "True" }
          try require(
            deployed.count == 8, bundles.map { "\(Lab.complaints(of: $0))" }.joined(separator: "\n"))
        }

        #expect(try await lab.dev.replicas("frontend", "web-manifests") == 1)
        #expect(try await lab.prod.replicas("frontend", "web-manifests") == 3, "a JSON patch over another overlay's")
        #expect(try await lab.dev.plane.admin.has("configmap", "frontend-debug", "-n", "web-manifests"))
        #expect(try await !lab.prod.plane.admin.has("configmap", "frontend-debug", "-n", "web-manifests"))
        #expect(
          try await lab.prod.field(".spec.type", of: "service/frontend", in: "web-manifests") == "NodePort",
          "an overlay's file takes the base's place")

        #expect(try await lab.dev.replicas("dev-frontend", "web-kustomize") == 1)
        #expect(try await lab.prod.replicas("prod-frontend", "web-kustomize") == 3)
        #expect(
          try await lab.prod.field(".metadata.labels.env", of: "deployment/prod-frontend", in: "web-kustomize")
            == "prod")

        #expect(try await lab.dev.replicas("web-frontend", "web-helm") == 1)
        #expect(try await lab.prod.replicas("web-frontend", "web-helm") == 3, "a values file of the customisation")
        let title = try await lab.dev.field(
          ".metadata.annotations.title", of: "service/web-frontend", in: "web-helm")
        #expect(title.hasPrefix("Served by cluster-"), "values are templates: \(title)")

        #expect(try await lab.prod.replicas("web-frontend", "web-helm-kustomize") == 3)
        for agent in [lab.dev, lab.prod] {
          let env = try await agent.field(
            ".metadata.labels.env", of: "deployment/web-frontend", in: "web-helm-kustomize")
          #expect(env == agent.name, "kustomize changes what the chart rendered")
        }
        try await lab.remove(gitRepo: "multi-cluster")
      }
    }

    @Test("values whose template fails on one cluster are an error there, and deployed everywhere else")
    func templateErrorOnOneCluster() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("templates")
        let commit = try await repository.push([
          "Chart.yaml": "apiVersion: v2\nname: zones\nversion: 0.1.0\n",
          "templates/zone.yaml": """
          apiVersion: v1
          kind: ConfigMap
          metadata:
            name: zone
          data:
            zone: {{ .Values.zone }}
            shout: {{ .Values.shout }}
          """,
          "fleet.yaml": """
          namespace: zones
          helm:
            values:
              zone: ${ .ClusterLabels.zone }
            templateValues:
              shout: ${ .ClusterLabels.env | upper | quote }
          """,
        ])
        let dev = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
        try await lab.kubectl("label", "cluster", dev, "-n", Lab.workspace, "zone=north")
        try await lab.apply(gitRepo: "templates", repository, paths: ["."])
        try await eventually("dev has its zone, and prod's deployment says what it lacks") {
          let zone = try await lab.dev.field(".data", of: "configmap/zone", in: "zones")
          try require(zone == #"{"shout":"DEV","zone":"north"}"#, zone)
          let row = try await lab.kubectl.table("gitrepo", "templates", "-n", Lab.workspace).rows.first
          try require(
            row?["STATUS"]?.contains("targeting error: cluster") == true && row?["STATUS"]?.contains("zone") == true,
            "\(row ?? [:])")
        }
        let prod = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
        try await lab.kubectl("label", "cluster", prod, "-n", Lab.workspace, "zone=south")
        try await lab.ready(gitRepo: "templates", commit: commit, deployments: 2)
        #expect(try await lab.prod.field(".data.zone", of: "configmap/zone", in: "zones") == "south")
        try await lab.remove(gitRepo: "templates")
        for name in [dev, prod] { try await lab.kubectl("label", "cluster", name, "-n", Lab.workspace, "zone-") }
      }
    }
  }
}

extension AgentProcess {
  /// A field of an object on the agent's cluster.
  func field(_ path: String, of object: String, in namespace: String) async throws -> String {
    try await plane.admin("get", object, "-n", namespace, "-o", "jsonpath={\(path)}")
  }

  /// How many replicas a Deployment on the agent's cluster wants.
  func replicas(_ name: String, _ namespace: String) async throws -> Int? {
    Int(try await field(".spec.replicas", of: "deployment/\(name)", in: namespace))
  }
}
