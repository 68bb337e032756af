import Document
import Foundation
import Testing

@Suite("flotilla bundlediff", .timeLimit(.minutes(2)))
struct BundleDiffTests {
  private static func deployment(_ name: String, cluster: String, status: String) -> String {
    """
    apiVersion: fleet.cattle.io/v1alpha1
    kind: BundleDeployment
    metadata:
      name: \(name)
      namespace: cluster-fleet-default-\(cluster)
      labels:
        fleet.cattle.io/bundle-name: \(name)
        fleet.cattle.io/bundle-namespace: fleet-default
        fleet.cattle.io/cluster: \(cluster)
        fleet.cattle.io/cluster-namespace: fleet-default
    status: \(status)
    """
  }

  private static let modified = """
    {modifiedStatus: [{apiVersion: apps/v1, kind: Deployment, namespace: web, name: nginx,
      patch: '{"metadata":{"annotations":{"a/b":null}},"spec":{"replicas":1}}'}]}
    """
  private static let missing = """
    {modifiedStatus: [{apiVersion: v1, kind: ConfigMap, namespace: web, name: gone, missing: true}],
     nonReadyStatus: [{uid: u, apiVersion: apps/v1, kind: Deployment, namespace: web, name: nginx,
       summary: {transitioning: true, message: ["Available: 0/1"]}}]}
    """

  private static let input = [
    deployment("shop", cluster: "a", status: modified), deployment("shop", cluster: "b", status: missing),
    deployment("fine", cluster: "a", status: "{ready: true}"),
  ].joined(separator: "\n---\n")

  @Test("text names bundle, cluster and object, and the status is 2 where something differs and 0 where nothing does")
  func text() async throws {
    try await Workspace.with { workspace in
      let outcome = try await workspace.flotilla(["bundlediff", "-i", "-"], input: Self.input)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(
        outcome.output == """
          Bundle fleet-default/shop
            BundleDeployment cluster-fleet-default-a/shop on cluster fleet-default/a
              modified deployment.apps web/nginx
                metadata:
                  annotations:
                    a/b: null
                spec:
                  replicas: 1
            BundleDeployment cluster-fleet-default-b/shop on cluster fleet-default/b
              missing configmap.v1 web/gone
              not ready deployment.apps web/nginx [progressing] Available: 0/1

          """)
      let fine = try await workspace.flotilla(["bundlediff", "-b", "fine", "-i", "-"], input: Self.input)
      #expect(fine.status == 0 && fine.output == "No differences in 1 deployment.\n")
    }
  }

  @Test("--json is Fleet's document, and --fleet-yaml accepts the drift of every deployment of the name")
  func formats() async throws {
    try await Workspace.with { workspace in
      let json = try await workspace.flotilla(["bundlediff", "-b", "shop", "--json", "-i", "-"], input: Self.input)
      #expect(json.status == 2)
      let document = try JSON.parse(json.output)
      #expect(document["bundleName"] == "shop" && document["namespace"] == "fleet-default")
      let differences = try #require(document["bundleDeploymentDiffs"]?.array)
      #expect(differences.count == 2)
      #expect(differences[0]["bundleDeploymentName"] == "shop")
      #expect(differences[0]["modifiedResources"]?[0]?["kind"] == "Deployment")
      #expect(differences[1]["nonReadyResources"]?[0]?["name"] == "nginx")

      let accepted = try await workspace.flotilla(
        ["bundlediff", "--bundle-deployment", "shop", "--fleet-yaml", "-i", "-"], input: Self.input)
      #expect(accepted.status == 2)
      #expect(
        accepted.output == """
          diff:
            comparePatches:
            - apiVersion: apps/v1
              kind: Deployment
              name: nginx
              namespace: web
              operations:
              - op: remove
                path: /metadata/annotations/a~1b
              - op: remove
                path: /spec/replicas
            - apiVersion: v1
              kind: ConfigMap
              name: gone
              namespace: web
              operations:
              - op: ignore

          """)
      let one = try await workspace.flotilla(
        ["bundlediff", "--bundle-deployment", "cluster-fleet-default-b/shop", "--fleet-yaml", "-i", "-"],
        input: Self.input)
      #expect(!one.output.contains("nginx"))
    }
  }
}

extension EndToEnd {
  @Suite("flotilla bundlediff and a manager")
  struct BundleDiffTests {
    @Test("drift on a cluster is shown from the manager, and accepted by the fleet.yaml that is printed")
    func drift() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("drifting")
        let commit = try await repository.push([
          "app/fleet.yaml": "defaultNamespace: drifting\n", "app/map.yaml": Manifests.configMap("drifting", ["a": "b"]),
        ])
        try await lab.apply(
          gitRepo: "drifting", repository, paths: ["app"], targets: "[{clusterSelector: {matchLabels: {env: dev}}}]")
        try await lab.ready(gitRepo: "drifting", commit: commit, deployments: 1)
        try await Workspace.with { workspace in
          func difference(_ more: String...) async throws -> (status: Int32, output: String) {
            let outcome = try await workspace.flotilla(
              ["bundlediff", "-n", Lab.workspace, "--kubeconfig", lab.manager.kubeconfig] + more)
            #expect(outcome.errors.isEmpty, "\(outcome.errors)")
            return (outcome.status, outcome.output)
          }
          let none = try await difference("-b", "drifting-app")
          #expect(none.status == 0 && none.output == "No differences in 1 deployment.\n")
          try await lab.dev.plane.admin("delete", "configmap", "drifting", "-n", "drifting")
          try await eventually("the missing object is reported") {
            let found = try await difference("-b", "drifting-app")
            try require(
              found.status == 2 && found.output.contains("missing configmap.v1 drifting/drifting"), found.output)
          }
          let accepted = try await difference("--bundle-deployment", "drifting-app", "--fleet-yaml")
          try await repository.push([
            "app/fleet.yaml": "defaultNamespace: drifting\n" + accepted.output
          ])
          try await eventually("the drift is accepted") {
            let found = try await difference("-b", "drifting-app")
            try require(found.status == 0, found.output)
          }
        }
        try await lab.remove(gitRepo: "drifting")
      }
    }
  }
}
