import Document
import Foundation
import struct TestSupport.ControlPlane
import class TestSupport.RunningCommand
import Testing

extension EndToEnd {
  /// The walk of issue 4, point 7: an agent is killed at every step of a deployment, and the cluster ends as if nothing had happened.
  @Suite("An agent is killed at every step")
  struct KillWalkTests {
    private static let namespace = "walk"

    /// What the walk needs: an agent that reaches its API server and its manager through relays.
    private struct Walk {
      let lab: Lab
      let plane: ControlPlane
      let agent: AgentProcess
      let api: KillingRelay
      let bus: KillingRelay
      let proxy: RunningCommand

      static func begin(_ lab: Lab) async throws -> Walk {
        let plane = try await ControlPlane.local.value
        let directory = try Places.directory("walk")
        let port = try freePort()
        let proxy = try command([
          "kubectl", "--kubeconfig", plane.kubeconfig, "proxy", "--port", "\(port)", "--reject-methods", "^$",
          "--reject-paths", "^$",
        ]).start(log: directory + "/proxy.log")
        let api = try await KillingRelay("api", to: port, counting: .writes)
        let upstream = try #require(lab.manager.busEndpoint.split(separator: ":").last.flatMap { Int($0) })
        let bus = try await KillingRelay("bus", to: upstream, counting: .chunks)
        let kubeconfig = directory + "/kubeconfig"
        try Data(
          """
          apiVersion: v1
          kind: Config
          current-context: walk
          clusters: [{name: walk, cluster: {server: "http://127.0.0.1:\(api.port)"}}]
          contexts: [{name: walk, context: {cluster: walk, user: walk}}]
          users: [{name: walk, user: {}}]
          """.utf8
        ).write(to: URL(fileURLWithPath: kubeconfig))
        let values = try await lab.manager.values(token: "walk", namespace: Lab.workspace)
          .replacingOccurrences(of: lab.manager.busEndpoint, with: "tcp://127.0.0.1:\(bus.port)")
        let agent = try AgentProcess(
          "walk", plane: plane, values: values + "clientID: walk\nlabels:\n  walk: \"yes\"\n", kubeconfig: kubeconfig)
        try await agent.start()
        return Walk(lab: lab, plane: plane, agent: agent, api: api, bus: bus, proxy: proxy)
      }

      func end() async throws {
        try await agent.stop()
        for process in [api, bus] { process.stop() }
        proxy.kill()
        let clusters = try await lab.kubectl.get("clusters", "-n", Lab.workspace, "-l", "walk=yes")
        for cluster in clusters["items"]?.array ?? [] {
          try await lab.kubectl(
            "delete", "cluster", "-n", Lab.workspace, cluster.at("metadata", "name")?.string ?? "", "--wait=false")
        }
      }

      /// Version n of the bundle: three maps that change, and a fourth that comes and goes. It is too large to come along with what
      /// refers to it, so that it is fetched.
      func apply(_ version: Int) async throws {
        let padding = (0..<1_500).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        let names = ["one", "two", "three"] + (version % 2 == 0 ? ["four"] : [])
        let resources = names.map { name in
          let map = Manifests.configMap(name, ["version": "\(version)", "padding": name == "one" ? padding : ""])
          return "  - name: \(name).yaml\n    content: |\n"
            + map.split(separator: "\n").map { "      \($0)\n" }.joined()
        }
        try await lab.kubectl.apply(
          """
          kind: Bundle
          apiVersion: fleet.cattle.io/v1alpha1
          metadata: {name: walk, namespace: \(Lab.workspace)}
          spec:
            defaultNamespace: \(KillWalkTests.namespace)
            targets: [{clusterSelector: {matchLabels: {walk: "yes"}}}]
            resources:
          \(resources.joined())
          """)
      }

      /// Throws unless the manager says that a version stands, and it is what the cluster holds.
      private func require(version: Int) async throws {
        let expected = ["one", "two", "three"] + (version % 2 == 0 ? ["four"] : [])
        let bundle = try await lab.kubectl.get("bundle", "walk", "-n", Lab.workspace)
        try EndToEndTests.require(
          bundle.at("status", "display", "readyClusters")?.string == "1/1"
            && bundle.at("metadata", "generation") == bundle.at("status", "observedGeneration"),
          Lab.complaints(of: bundle))
        let maps = try await plane.admin(
          "get", "configmaps", "-n", KillWalkTests.namespace, "-l", "objectset.rio.cattle.io/hash", "-o",
          "jsonpath={range .items[*]}{.metadata.name}={.data.version} {end}")
        let found = Set(maps.split(separator: " ").map(String.init))
        try EndToEndTests.require(found == Set(expected.map { "\($0)=\(version)" }), maps)
      }

      /// Waits until a version stands, and checks that Helm's records say so too.
      func stands(_ version: Int) async throws {
        try await eventually("version \(version) stands", within: .seconds(60), every: .milliseconds(50)) {
          // The manager may say that a version stands a moment before the step at which the relay kills.
          if await !agent.isRunning { try await agent.start() }
          try await require(version: version)
        }
        let records = try await plane.admin(
          "get", "secrets", "-n", KillWalkTests.namespace, "-l", "owner=helm,name=walk", "-o",
          "jsonpath={range .items[*]}{.metadata.labels.status} {end}")
        let states = records.split(separator: " ")
        #expect(states.count { $0 == "deployed" } == 1, "\(records)")
        #expect(states.count <= 2, "\(records)")
        #expect(!states.contains { $0.hasPrefix("pending") }, "\(records)")
      }

      /// Deploys a version with the agent killed at a step; false when it was done before it came to that step.
      func kill(at step: Int, of relay: KillingRelay, _ moment: KillingRelay.Moment, version: Int) async throws -> Bool
      {
        try await agent.start()
        try relay.arm(try #require(await agent.pid), at: step, moment)
        try await apply(version)
        var isDone = false
        try await eventually("the agent is killed, or done", within: .seconds(60), every: .milliseconds(30)) {
          guard await agent.isRunning else { return }
          try await require(version: version)
          isDone = true
        }
        if isDone {
          // The manager says so a moment before the last steps are done.
          let late: Void? = try? await eventually("the agent is killed all the same", within: .seconds(1)) {
            guard await agent.isRunning else { return }
            throw NotYet(description: "it runs")
          }
          isDone = late == nil
        }
        relay.disarm()
        if isDone { return false }
        try await agent.start()
        try await stands(version)
        return true
      }
    }

    @Test("whatever it was doing, the cluster ends as after an undisturbed deployment")
    func walk() async throws {
      try await Lab.run { lab in
        let walk = try await Walk.begin(lab)
        try await eventually("the walk's cluster is there") {
          try require(try await lab.kubectl.has("clusters", "-n", Lab.workspace, "-l", "walk=yes"), "no Cluster")
        }
        var version = 0
        // The first version is an installation, the others are upgrades.
        for (relay, least) in [(walk.api, 8), (walk.bus, 5)] {
          var (step, kills, survived) = (1, 0, 0)
          // A deployment may be done, for the manager, a moment before its last steps: only the third one that is ends the walk.
          while step < 60, survived < 3 {
            version += 1
            let moment = KillingRelay.Moment.allCases[step % 2]
            let isKilled = try await walk.kill(at: step, of: relay, moment, version: version)
            if isKilled { kills += 1 } else { survived += 1 }
            step += 1
          }
          try await walk.stands(version)
          #expect(kills >= least, "steps of one deployment")
        }
        // In the middle of its removal.
        try await walk.agent.start()
        try walk.api.arm(try #require(await walk.agent.pid), at: 2, .after)
        try await lab.kubectl("delete", "bundle", "walk", "-n", Lab.workspace, "--wait=false")
        try await eventually("the agent is killed") { try require(await !walk.agent.isRunning, "it runs") }
        walk.api.disarm()
        try await walk.agent.start()
        try await eventually("nothing is left") {
          let left = try await walk.plane.admin(
            "get", "configmaps,secrets", "-n", Self.namespace, "-l", "objectset.rio.cattle.io/hash", "-o", "name")
          let records = try await walk.plane.admin(
            "get", "secrets", "-n", Self.namespace, "-l", "owner=helm", "-o", "name")
          try require((left + records).split(separator: "\n").isEmpty, left + records)
        }
        try await walk.end()
      }
    }
  }
}
