import Document
import Foundation
import struct TestSupport.PackagedChart
import struct TestSupport.TestUser
import func TestSupport.withChartRepository
import Testing

extension EndToEnd {
  @Suite("A chart from elsewhere")
  struct ExternalChartTests {
    @Test("edge and alpha clusters get one chart of a repository with values of their own, fetched once")
    func edgeAndAlpha() async throws {
      let user = TestUser(name: "reader", password: "canary-6b1f")
      let chart = try await PackagedChart.make(name: "nginx", version: "18.1.0", files: Self.templates)
      try await withChartRepository(charts: [chart], user: user) { server in
        try await Lab.run { lab in
          let prod = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
          try await lab.kubectl("label", "cluster", prod, "-n", Lab.workspace, "type=alpha", "--overwrite")
          let repository = try await GitRepository.examples("helm-external")
          let directory = "multi-cluster/helm-external"
          let fleet = try Places.example("\(directory)/fleet.yaml")
            .replacing("https://charts.bitnami.com/bitnami", with: server.url)
          let commit = try await repository.push(["\(directory)/fleet.yaml": fleet])
          try await Self.secret(lab, user: user, certificate: server.certificate)

          // Without helmRepoURLRegex no credentials are sent, and the GitRepo says so.
          try await Self.gitRepo(lab, repository, path: directory, regex: "")
          try await eventually("the GitRepo says that credentials were not sent") {
            let text = Lab.complaints(of: try await lab.kubectl.get("gitrepo", "helm-external", "-n", Lab.workspace))
            try require(text.contains("helmRepoURLRegex is empty"), text)
          }
          try await Self.gitRepo(lab, repository, path: directory, regex: "https://localhost:")
          try await lab.ready(gitRepo: "helm-external", commit: commit, deployments: 2)

          for (agent, replicas, service) in [(lab.dev, "1", "ClusterIP"), (lab.prod, "3", "NodePort")] {
            #expect(
              try await agent.field(".data", of: "configmap/nginx", in: "web-external")
                == #"{"replicas":"\#(replicas)","service":"\#(service)"}"#)
          }
          let archives = try server.requests().filter {
            $0.path.hasSuffix(".tgz") && !$0.authorization.isEmpty
          }
          #expect(archives.count == 1, "two clusters, one download: \(archives)")
          let bundle = try await lab.kubectl.get(
            "bundle", "helm-external-multi-cluster-helm-external", "-n", Lab.workspace)
          let names = bundle.at("spec", "resources")?.array?.compactMap { $0["name"]?.string } ?? []
          #expect(names.allSatisfy { $0.hasPrefix(".chart/") } && names.contains { $0.hasSuffix("/Chart.yaml") })
          #expect(await !lab.manager.log.contains(user.password))
          try await lab.remove(gitRepo: "helm-external")
          try await lab.kubectl("label", "cluster", prod, "-n", Lab.workspace, "type=edge", "--overwrite")
        }
      }
    }

    private static let templates = [
      "values.yaml": "replicaCount: 0\nservice: {type: none}\n",
      "templates/nginx.yaml": """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: {{ .Release.Name }}
      data:
        replicas: {{ .Values.replicaCount | quote }}
        service: {{ .Values.service.type }}
      """,
    ]

    private static func secret(_ lab: Lab, user: TestUser, certificate: String) async throws {
      let indented = certificate.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
      try await lab.kubectl.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: charts, namespace: \(Lab.workspace)}
        stringData:
          username: \(user.name)
          password: \(user.password)
          cacerts: |
        \(indented)
        """)
    }

    private static func gitRepo(
      _ lab: Lab, _ repository: GitRepository, path: String, regex: String
    ) async throws {
      try await lab.kubectl.apply(
        """
        kind: GitRepo
        apiVersion: fleet.cattle.io/v1alpha1
        metadata: {name: helm-external, namespace: \(Lab.workspace)}
        spec:
          repo: \(repository.url)
          pollingInterval: 1s
          helmSecretName: charts
          helmRepoURLRegex: "\(regex)"
          paths: [\(path)]
          targets:
          - clusterSelector: {matchLabels: {type: edge}}
          - clusterSelector: {matchLabels: {type: alpha}}
        """)
    }
  }
}
