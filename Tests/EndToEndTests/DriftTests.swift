import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("A cluster that differs from git")
  struct DriftTests {
    @Test("a change on the cluster shows as Modified with its patch, and is put right once correctDrift is enabled")
    func modifiedThenCorrected() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("drift")
        let commit = try await repository.push([
          "settings.yaml": Manifests.configMap("settings", ["colour": "blue"]),
          "fleet.yaml": "namespace: drift\n",
        ])
        try await lab.apply(gitRepo: "drift", repository, paths: ["."], targets: Self.targets)
        try await lab.ready(gitRepo: "drift", commit: commit, deployments: 1)

        try await lab.dev.plane.admin(
          "patch", "configmap", "settings", "-n", "drift", "--type=merge", "-p", #"{"data":{"colour":"red"}}"#)
        try await eventually("the GitRepo shows what differs") {
          let row = try await lab.kubectl.table("gitrepo", "drift", "-n", Lab.workspace).rows.first
          try require(
            row?["STATUS"]?.contains("Modified(1)") == true
              && row?["STATUS"]?.contains(#"configmap.v1 drift/settings modified {"data":{"colour":"blue"}}"#) == true,
            "\(row ?? [:])")
        }
        #expect(try await lab.dev.field(".data.colour", of: "configmap/settings", in: "drift") == "red")

        try await lab.kubectl(
          "patch", "gitrepo", "drift", "-n", Lab.workspace, "--type=merge", "-p",
          #"{"spec":{"correctDrift":{"enabled":true}}}"#)
        try await eventually("the object is as git has it, and all is well") {
          let colour = try await lab.dev.field(".data.colour", of: "configmap/settings", in: "drift")
          try require(colour == "blue", colour)
          let row = try await lab.kubectl.table("gitrepo", "drift", "-n", Lab.workspace).rows.first
          try require(row?["STATUS"]?.isEmpty == true, "\(row ?? [:])")
        }
        try await lab.remove(gitRepo: "drift")
      }
    }

    private static let targets = "[{name: dev, clusterSelector: {matchLabels: {env: dev}}}]"
  }
}
