import Document
import Foundation
import struct TestSupport.ControlPlane
import Testing

extension EndToEnd {
  /// On one of the shared clusters, so one after another with the tests that use it.
  @Suite("flotilla deploy")
  struct DeployTests {
    @Test(
      "deploy makes a release of what target printed, changes nothing the second time, and upgrades a changed bundle")
    func deploys() async throws {
      let plane = try await ControlPlane.dev.value
      let namespace = "deployed-\(UUID().uuidString.prefix(8).lowercased())"
      let files = [
        "app/fleet.yaml": "defaultNamespace: \(namespace)\nhelm: {releaseName: direct}\n",
        "app/map.yaml": Manifests.configMap("direct", ["value": "1"]),
        "clusters.yaml": """
        apiVersion: fleet.cattle.io/v1alpha1
        kind: Cluster
        metadata: {name: dev, namespace: fleet-local, labels: {env: dev}}
        """,
        "targets.yaml": "targets: [{name: all, clusterSelector: {}}]\n",
      ]
      try await Workspace.with(files) { workspace in
        func deploy() async throws -> String {
          let bundle = try await workspace.checked("apply", "r", "app", "--targets-file", "targets.yaml", "-o", "-")
          let printed = try await workspace.checked(
            "target", "-b", "-", "--clusters", "clusters.yaml", "-o", "yaml", input: bundle)
          return try await workspace.checked("deploy", "-i", "-", "--kubeconfig", plane.kubeconfig, input: printed)
        }
        let first = try await deploy()
        #expect(first == "configmap.v1 \(namespace)/direct\nrelease \(namespace)/direct is at revision 1\n")
        #expect(try await deploy() == first)
        try workspace.write(["app/map.yaml": Manifests.configMap("direct", ["value": "2"])])
        #expect(try await deploy().contains("is at revision 2"))
        let map = try await plane.admin.get("configmap", "direct", "-n", namespace)
        #expect(map.at("data", "value") == "2")
        #expect(map.at("metadata", "annotations", "objectset.rio.cattle.io/id") == "default-r-app")
        try await plane.admin("delete", "namespace", namespace, "--wait=false")

        let missing = try await workspace.flotilla(
          ["deploy", "-i", "clusters.yaml", "--kubeconfig", plane.kubeconfig])
        #expect(missing.status == 1 && missing.errors.contains("failed to read content resource from file"))
      }
    }
  }
}
