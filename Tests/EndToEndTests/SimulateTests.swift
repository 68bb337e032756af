import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("flotilla simulate")
  struct SimulateTests {
    private static let namespace = "fleet-default"

    /// A manager for these tests alone, so that nobody else's bundles target simulated clusters, and its join values.
    private struct Stage: Sendable {
      let manager: ManagerProcess
      let values: String

      static let shared = Task {
        let manager = try ManagerProcess("simulated", heartbeatSeconds: 1)
        try await manager.start()
        let values = try Places.directory("simulated") + "/values.yaml"
        try Data(try await manager.values(token: "simulated", namespace: namespace).utf8)
          .write(to: URL(filePath: values))
        return Stage(manager: manager, values: values)
      }

      /// Deploys a small bundle to the simulated clusters of a test, and returns its commit.
      func deploy(_ name: String) async throws -> String {
        let repository = try await GitRepository("simulated-\(name)")
        let commit = try await repository.push(["app/map.yaml": Manifests.configMap("simulated", ["a": "b"])])
        try await manager.kubectl.apply(
          """
          kind: GitRepo
          apiVersion: fleet.cattle.io/v1alpha1
          metadata:
            name: \(name)
            namespace: \(namespace)
          spec:
            repo: \(repository.url)
            pollingInterval: 1s
            paths: [app]
            targets: [{name: all, clusterSelector: {matchLabels: {test: \(name)}}}]
          """)
        return commit
      }

      /// Starts `flotilla simulate`; its clusters carry the test's name.
      func simulate(_ name: String, run: Int = 1, _ arguments: String...) throws -> Daemon {
        try Daemon(
          "simulate-\(name)-\(run)",
          ["simulate", "--values", values, "--prefix", name, "--labels", "test=\(name)", "-o", "json"] + arguments)
      }
    }

    @Test("agents in two processes are Ready for kubectl, and a second run on their state resumes")
    func ready() async throws {
      let stage = try await Stage.shared.value
      let commit = try await stage.deploy("many")
      let state = try Places.directory("simulated") + "/state"
      let options = ["--agents", "40", "--processes", "2", "--state", state]
      let simulation = try stage.simulate(
        "many", options[0], options[1], options[2], options[3], options[4], options[5])
      try await eventually("all of them are Ready") {
        let repo = try await stage.manager.kubectl.get("gitrepo", "many", "-n", Self.namespace)
        try require(
          repo.at("status", "commit")?.string == commit
            && repo.at("status", "display", "readyBundleDeployments")?.string == "40/40",
          "\(JSON.string(repo["status"] ?? .null))\n\(simulation.logText.suffix(500))")
      }
      let deployments = try await stage.manager.kubectl.get("bundledeployments", "-A", "-l", Self.repoLabel("many"))
      for deployment in deployments["items"]?.array ?? [] {
        #expect(deployment.at("status", "display", "state")?.string == "Ready")
        #expect(deployment.at("status", "resources")?[0]?["kind"]?.string == "ConfigMap")
      }
      let children = try await Self.children(of: "many")
      #expect(children.count == 2)
      try await eventually("the simulation knows") {
        try require(Self.last(simulation)?["ready"] == 40, simulation.logText)
      }
      try await simulation.stop()
      let summary = try #require(Self.last(simulation))
      #expect(summary["summary"] == true && summary["readyDeployments"] == 40 && summary["connected"] == 40)
      #expect(summary.at("becomingReady", "count")?.int ?? 0 >= 40)
      try await Self.expectNoChildren(of: "many")

      let second = try stage.simulate(
        "many", run: 2, options[0], options[1], options[2], options[3], options[4], options[5])
      try await eventually("the second run is where the first was") {
        try require(Self.last(second)?["ready"] == 40, second.logText)
      }
      try await second.stop()
      let resumed = try #require(Self.last(second))
      #expect(resumed["versions"] == 0 && resumed["blobs"] == 0, "nothing is sent again: \(JSON.string(resumed))")
      #expect(resumed["enrolling"] == nil, "nobody enrols again")
      #expect(try await Self.clusters(stage, "many") == 40)
    }

    @Test("agents that fail are ErrApplied, and say why")
    func failing() async throws {
      let stage = try await Stage.shared.value
      _ = try await stage.deploy("failing")
      let simulation = try stage.simulate("failing", "--agents", "3", "--failure-rate", "1")
      try await eventually("the bundle shows that they failed") {
        let bundles = try await stage.manager.kubectl.get(
          "bundles", "-n", Self.namespace, "-l", Self.repoLabel("failing"))
        let status = bundles["items"]?[0]?["status"] ?? .null
        try require(status.at("summary", "errApplied") == 3, JSON.string(status))
        #expect(JSON.string(status).contains("--failure-rate"))
      }
      try await eventually("the simulation has counted them") {
        try require(Self.last(simulation)?["failedDeployments"] == 3, simulation.logText)
      }
      try await simulation.stop()
      let summary = try #require(Self.last(simulation))
      #expect(summary["failedDeployments"] == 3 && summary["readyVersions"] == 0)
    }

    @Test("connections that are cut are made again")
    func churning() async throws {
      let stage = try await Stage.shared.value
      let simulation = try stage.simulate("churning", "--agents", "10", "--processes", "2", "--churn", "20/s")
      try await eventually("connections are cut and made again") {
        let now = Self.last(simulation)
        try require(now?["cuts"]?.int ?? 0 >= 10 && now?["reconnects"]?.int ?? 0 >= 5, simulation.logText)
      }
      try await simulation.stop()
      #expect(try await Self.clusters(stage, "churning") == 10, "an agent that comes back is the same cluster")
    }

    @Test("LAST-SEEN follows a connected agent's heartbeats without a write")
    func lastSeen() async throws {
      let stage = try await Stage.shared.value
      let simulation = try stage.simulate("seen", "--agents", "1")
      var first: [String: Value?] = [:]
      try await eventually("LAST-SEEN moves while the object stays as it is", every: .milliseconds(100)) {
        let clusters = try await stage.manager.kubectl.get("clusters", "-n", Self.namespace, "-l", "test=seen")
        let now = clusters["items"]?[0] ?? .null
        let version = now.at("metadata", "resourceVersion")?.string ?? ""
        let seen = now.at("status", "agent", "lastSeen")
        defer { if seen != nil, first[version] == nil { first[version] = seen } }
        try require(seen != nil && first[version] != nil && first[version] != seen, JSON.string(now))
      }
      try await simulation.stop()
    }

    @Test("agents that fall silent without a word are called offline, others are not, and they come back")
    func silent() async throws {
      let stage = try await Stage.shared.value
      let (silent, other) = (
        try stage.simulate("silent", "--agents", "3"), try stage.simulate("talking", "--agents", "1")
      )
      try await eventually("all are connected") {
        try require(Self.last(silent)?["connected"] == 3 && Self.last(other)?["connected"] == 1, silent.logText)
      }
      let connected = { (name: String) -> [String] in
        let clusters = try await stage.manager.kubectl.get("clusters", "-n", Self.namespace, "-l", "test=\(name)")
        return (clusters["items"]?.array ?? []).map { Lab.condition("Connected", of: $0)?["status"]?.string ?? "" }
      }
      // As when the network is cut: the connection stays, and nothing comes over it any more.
      let children = try await Self.children(of: "silent")
      try await command(["kill", "-STOP"] + children).checked()
      try await eventually("they are offline") {
        let states = try await connected("silent")
        try require(states == ["False", "False", "False"], "\(states)")
      }
      #expect(try await connected("talking") == ["True"])
      try await command(["kill", "-CONT"] + children).checked()
      try await eventually("they are back") {
        let states = try await connected("silent")
        try require(states == ["True", "True", "True"], "\(states)")
      }
      try await silent.stop()
      try await other.stop()
    }

    @Test("no child outlives its parent, however that ends")
    func orphans() async throws {
      let stage = try await Stage.shared.value
      let simulation = try stage.simulate("orphans", "--agents", "4", "--processes", "2")
      try await eventually("it runs") { try require(Self.last(simulation)?["connected"] == 4, simulation.logText) }
      #expect(try await Self.children(of: "orphans").count == 2)
      try await simulation.kill()
      try await Self.expectNoChildren(of: "orphans")
    }

    @Test("what cannot work is told at once")
    func mistakes() async throws {
      let stage = try await Stage.shared.value
      try await Workspace.with { workspace in
        let good = try String(contentsOfFile: stage.values, encoding: .utf8)
        try workspace.write([
          "broken.yaml": "token: [", "gone.yaml": good.replacing(stage.manager.busEndpoint, with: "tcp://127.0.0.1:1"),
          "used.yaml": good.replacing(/token: flotilla1\..*/) { $0.output.dropLast(4) + "0000" },
        ])
        let start = [Places.flotilla, "simulate", "--agents", "2", "--values"]
        for (arguments, says) in [
          (start + ["missing.yaml"], "cannot be read"), (start + ["broken.yaml"], "broken.yaml"),
          (start + ["gone.yaml"], "nobody answers at tcp://127.0.0.1:1"),
          (start + ["used.yaml"], "refuses to enrol"),
          (
            [
              "bash", "-c", "ulimit -n 1000; exec \"$0\" simulate --agents 1000 --processes 2 --values \"$1\"",
              Places.flotilla, stage.values,
            ],
            "1000 agents need"
          ),
        ] {
          var run = command(arguments)
          run.directory = workspace.path
          let outcome = try await run.run(within: .seconds(60))
          #expect(outcome.status != 0 && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
        }
      }
    }

    private static func repoLabel(_ name: String) -> String { "fleet.cattle.io/repo-name=\(name)" }

    /// The last object that a simulation has printed.
    private static func last(_ simulation: Daemon) -> Value? {
      simulation.logText.split(separator: "\n").last { $0.hasPrefix("{") }.flatMap { try? JSON.parse(Array($0.utf8)) }
    }

    private static func clusters(_ stage: Stage, _ name: String) async throws -> Int {
      try await stage.manager.kubectl.get("clusters", "-n", namespace, "-l", "test=\(name)")["items"]?.array?.count ?? 0
    }

    /// The processes with a test's agents.
    private static func children(of name: String) async throws -> [String] {
      try await command(["pgrep", "-f", "simulate-worker .*--prefix \(name) "]).run().output
        .split(separator: "\n").map(String.init)
    }

    private static func expectNoChildren(of name: String) async throws {
      try await eventually("no child of \(name) is left") {
        let left = try await children(of: name)
        try require(left.isEmpty, "left: \(left)")
      }
    }
  }
}
