import Document
import Foundation
import struct TestSupport.Command
import Testing

extension EndToEnd {
  @Suite("flotilla diff and flotilla why")
  struct InspectionTests {
    private static let targets = "[{name: dev, clusterSelector: {matchLabels: {env: dev}}}]"
    private static let secret = "c2VjcmV0LXdvcmQ="

    /// The lab with a bundle `NAME-app` that dev has and prod has not, and `flotilla` for its manager.
    private func run(
      _ name: String,
      _ body: (Lab, GitRepository, (_ verb: String, _ arguments: [String]) async throws -> Command.Outcome) async throws
        -> Void
    ) async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository(name)
        let commit = try await repository.push([
          "app/fleet.yaml": "defaultNamespace: \(name)\n",
          "app/map.yaml": Manifests.configMap("settings", ["colour": "blue", "size": "3"]),
          "app/more.yaml": Manifests.configMap("other", ["a": "b"]),
          "app/secret.yaml":
            "apiVersion: v1\nkind: Secret\nmetadata: {name: word}\ndata: {word: \(Self.secret)}\n",
        ])
        try await lab.apply(gitRepo: name, repository, paths: ["app"], targets: Self.targets)
        try await lab.ready(gitRepo: name, commit: commit, deployments: 1)
        try await Workspace.with { workspace in
          try await body(lab, repository) { verb, arguments in
            try await workspace.flotilla([verb] + arguments + ["--kubeconfig", lab.manager.kubeconfig])
          }
        }
        try await lab.remove(gitRepo: name)
      }
    }

    private static func step(_ name: String, of outcome: Command.Outcome) throws -> Value {
      let steps = try JSON.parse(outcome.output)["steps"]?.array ?? []
      return try #require(steps.first { $0["name"]?.string == name }, "\(outcome.output)\(outcome.errors)")
    }

    @Test("what was changed by hand is named with both values, a Secret's are not shown, and kubectl reads the same")
    func differences() async throws {
      try await run("inspected") { lab, _, flotilla in
        let name = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
        let none = try await flotilla("diff", [name, "inspected-app"])
        #expect(none.status == 0 && none.output.hasSuffix("No differences in 3 objects.\n"), "\(none)")

        let kubectl = lab.dev.plane.admin
        try await kubectl(
          "patch", "configmap", "settings", "-n", "inspected", "--type=merge", "--field-manager=painter", "-p",
          #"{"data":{"colour":"red","added":"by others"}}"#)
        try await kubectl(
          "patch", "secret", "word", "-n", "inspected", "--type=merge", "-p", #"{"data":{"word":"b3RoZXI="}}"#)
        try await kubectl("delete", "configmap", "other", "-n", "inspected")
        let found = try await flotilla("diff", ["\(Lab.workspace)/\(name)", "\(Lab.workspace)/inspected-app"])
        #expect(found.status == 2, "\(found)")
        let lines = found.output.split(separator: "\n").dropFirst().joined(separator: "\n")
        #expect(
          lines == """
              missing configmap.v1 inspected/other
              modified configmap.v1 inspected/settings, last written by painter
                data.colour
                  - red
                  + blue
              modified secret.v1 inspected/word, last written by kubectl-patch
                data.word
                  - (hidden)
                  + (hidden)
            3 of 3 objects differ; - is live, + was deployed.
            """, "\(found.output)")
        let namespace = try #require(try await lab.cluster(lab.dev).at("status", "namespace")?.string)
        let path = "/apis/fleet.cattle.io/v1alpha1/namespaces/\(namespace)/bundledeployments/inspected-app"
        let raw = try JSON.parse(try await lab.kubectl("get", "--raw", "\(path)/diff"))
        #expect(raw["kind"] == "BundleDeploymentDiff" && raw["counts"] == ["missing": 1, "modified": 2])
        #expect(!JSON.string(raw).contains("b3RoZXI") && !JSON.string(raw).contains(Self.secret))
        #expect(
          try await lab.kubectl("auth", "can-i", "get", "bundledeployments/diff", "-n", namespace).hasPrefix("yes"))
        let trace = try JSON.parse(try await lab.kubectl("get", "--raw", "\(path)/trace"))
        #expect(trace["kind"] == "BundleTrace" && trace["state"] == "Modified")
      }
    }

    @Test("why follows a ready bundle from its commit to its health, and says which target misses the other cluster")
    func readyAndNotTargeted() async throws {
      try await run("traced") { lab, _, flotilla in
        let dev = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
        let prod = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
        let ready = try await flotilla("why", [dev, "traced-app", "-o", "json"])
        let document = try JSON.parse(ready.output)
        #expect(ready.status == 0 && document["state"] == "Ready", "\(ready)")
        let steps = try #require(document["steps"]?.array)
        #expect(
          steps.compactMap { $0["name"]?.string } == [
            "git", "bundle", "target", "staged", "released", "sent", "acknowledged", "applied", "health",
          ])
        #expect(steps.allSatisfy { $0["state"] == "done" }, "\(ready.output)")
        // The way is one: no step was passed before the one before it. What is chosen has no time.
        let times = steps.filter { !["git", "target", "bundle"].contains($0["name"]) }.compactMap { $0["time"]?.string }
        #expect(times.count == 6 && times == times.sorted(), "\(times)")
        let text = try await flotilla("why", [dev, "traced-app"])
        #expect(text.output.hasPrefix("Bundle fleet-default/traced-app on cluster fleet-default/\(dev): Ready\nSTEP"))
        #expect(!text.output.contains("\u{1B}"), "no colour without a terminal")

        let other = try await flotilla("why", [prod, "traced-app"])
        #expect(other.status == 0 && other.output.contains("dev: wants env=dev, has env=prod"), "\(other)")
        let nothing = try await flotilla("diff", [prod, "traced-app"])
        #expect(nothing.status == 1 && nothing.errors.contains("has no deployment of bundle fleet-default/traced-app"))
        #expect(nothing.errors.contains("flotilla why"))

        #expect(try await flotilla("why", [dev, "traced-app", "-n", Lab.workspace]).status == 0)
        let elsewhere = try await flotilla("why", [dev, "traced-app", "-n", "fleet-local"])
        #expect(elsewhere.status == 1 && elsewhere.errors.contains("there is no cluster"), "\(elsewhere)")

        let misspelt = try await flotilla("why", [dev, "traced-ap"])
        #expect(misspelt.status == 1 && misspelt.errors.contains("near: fleet-default/traced-app"), "\(misspelt)")
        let unknown = try await flotilla("diff", [dev + "x", "traced-app"])
        #expect(unknown.status == 1 && unknown.errors.contains("near: fleet-default/\(dev)"), "\(unknown)")
        #expect(try await flotilla("diff", ["a/b/c", "traced-app"]).status == 64)
      }
    }

    @Test("why says that a paused cluster holds a version back, and that an offline one is waited for, since when")
    func pausedAndOffline() async throws {
      try await run("held") { lab, repository, flotilla in
        let dev = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
        func pause(_ isPaused: Bool) async throws {
          try await lab.kubectl(
            "patch", "cluster", dev, "-n", Lab.workspace, "--type=merge", "-p", "{\"spec\":{\"paused\":\(isPaused)}}")
        }
        try await pause(true)
        try await repository.push(["app/map.yaml": Manifests.configMap("settings", ["colour": "green", "size": "3"])])
        try await eventually("the new version is held back by the pause") {
          let why = try await flotilla("why", [dev, "held-app", "-o", "json"])
          let released = try Self.step("released", of: why)
          try require(
            released["state"] == "held" && released["reasons"]?[0]?.string?.hasPrefix("the cluster is paused") == true,
            why.output)
        }
        try await lab.dev.stop()
        try await pause(false)
        try await eventually("the released version waits for the agent") {
          let why = try await flotilla("why", [dev, "held-app", "-o", "json"])
          let sent = try Self.step("sent", of: why)
          try require(
            sent["state"] == "waiting"
              && sent["reasons"]?[0]?.string?.wholeMatch(of: /cluster .* is offline: its agent was last seen at 20.*Z/)
                != nil,
            why.output)
        }
        let away = try await flotilla("diff", [dev, "held-app"])
        #expect(away.status == 1 && away.errors.contains("is not connected, it was last seen at 20"), "\(away)")

        try await lab.dev.start()
        try await eventually("it is sent, acknowledged and applied once the agent is back") {
          let why = try await flotilla("why", [dev, "held-app", "-o", "json"])
          let document = try JSON.parse(why.output)
          try require(document["state"] == "Ready", why.output)
          for name in ["sent", "acknowledged", "applied"] {
            try require(try Self.step(name, of: why)["time"] != nil, why.output)
          }
        }
      }
    }
  }
}
