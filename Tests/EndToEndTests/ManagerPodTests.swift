import Document
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension EndToEnd {
  @Suite("The manager in a pod")
  struct ManagerPodTests {
    @Test(
      "the chart of the manager, deployed by another one, makes a pod that serves kubectl, and resumes on its volume",
      .enabled(if: geteuid() == 0, "a pod's root takes mounts"))
    func chart() async throws {
      try await Lab.run { lab in
        let plane = lab.prod.plane
        let repository = try await GitRepository("manager-chart")
        try await command(["cp", "-r", Places.root + "/charts/flotilla-manager", repository.checkout]).checked()
        try await repository.push([
          "flotilla-manager/fleet.yaml": """
          namespace: inner
          helm:
            releaseName: inner
            values: {busPublicEndpoint: "tcp://fleet.example.com:5700", heartbeatSeconds: 7}
          """
        ])
        try await lab.apply(
          gitRepo: "manager-chart", repository, paths: ["flotilla-manager"],
          targets: "[{clusterSelector: {matchLabels: {env: prod}}}]")
        try await eventually("the StatefulSet is there") {
          try require(
            try await plane.admin.has("statefulset", "inner-flotilla-manager", "-n", "inner"), "it is not there")
        }
        let pod = try await PodProcess(statefulSet: "inner-flotilla-manager", namespace: "inner", plane: plane)
        try await pod.ended {
          try await eventually("it is ready") {
            if let status = pod.exitStatus { throw Hopeless(description: "it ended with \(status)") }
            let (status, text) = try await pod.probe("api", "/readyz", scheme: "https")
            try require(status == 200, "\(status) \(text)")
          }
          let kubectl = Kubectl(kubeconfig: pod.volumes + "/data/data/admin.kubeconfig")
          #expect(try await kubectl("get", "namespaces", "-o", "name").contains("fleet-default"))
          try await kubectl.apply(
            """
            kind: ClusterRegistrationToken
            apiVersion: fleet.cattle.io/v1alpha1
            metadata: {name: t, namespace: fleet-default}
            """)
          try await eventually("agents are told the endpoint") {
            let text = try await kubectl("get", "secret", "t", "-n", "fleet-default", "-o", "jsonpath={.data.values}")
            let values = String(decoding: Base64.decode(text) ?? [], as: UTF8.self)
            try require(values.contains("tcp://fleet.example.com:"), values)
          }
          // Its git reading, and the children in which Helm works, need nothing else of the file system either.
          try await kubectl.apply(
            """
            kind: GitRepo
            apiVersion: fleet.cattle.io/v1alpha1
            metadata: {name: absent, namespace: fleet-default}
            spec: {repo: "file:///absent", pollingInterval: 1s}
            """)
          try await eventually("a repository that is not there is told") {
            let object = try await kubectl.get("gitrepo", "absent", "-n", "fleet-default")
            try require(Lab.complaints(of: object).contains("absent"), Lab.complaints(of: object))
          }
          #expect(await pod.stop() == 0)
        }
        try await lab.remove(gitRepo: "manager-chart")
      }
    }
  }
}
