import Document
import Foundation
import struct TestSupport.Command
import Testing

extension EndToEnd {
  /// Its cores and its ways over the bus are in ManagerTests/Registration and AgentTests/Keys; here are the doors.
  @Suite("Agents that are let in, revoked, and change their keys")
  struct TrustTests {
    /// A manager's `flotilla` verbs, as its admin uses them.
    private func run(
      _ manager: ManagerProcess, _ body: (_ flotilla: ([String]) async throws -> Command.Outcome) async throws -> Void
    ) async throws {
      try await Workspace.with { workspace in
        try await body { try await workspace.flotilla($0 + ["--kubeconfig", manager.kubectl.kubeconfig]) }
      }
    }

    private func row(_ outcome: Command.Outcome, _ name: String) -> [String] {
      let line = outcome.output.split(separator: "\n").first { $0.hasPrefix(name + " ") } ?? ""
      return line.split(separator: " ").map(String.init)
    }

    @Test("a revoked agent is cut off, says so and is shown; what it deployed stays; undone, it goes on")
    func revoke() async throws {
      try await Lab.run { lab in
        let name = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
        let full = "\(Lab.workspace)/\(name)"
        try await run(lab.manager) { flotilla in
          try await eventually("the agent is listed as connected") {
            let cells = row(try await flotilla(["agent", "list"]), full)
            try require(cells.count >= 4 && cells[1] == "connected" && cells[3].count == 12, "\(cells)")
          }
          let nothing = try await flotilla(["agent", "revoke", "nobody"])
          #expect(nothing.status == 1 && nothing.errors.contains("there is no cluster nobody"), "\(nothing)")
          let outcome = try await flotilla(["agent", "revoke", name, "--reason", "laptop stolen"])
          #expect(outcome.status == 0 && outcome.output.contains(full), "\(outcome)")
          try await eventually("the agent says that it is refused, and kubectl that it is revoked") {
            let log = await lab.prod.log
            try require(log.contains("refuses this agent") && log.contains("revoked"), String(log.suffix(1500)))
            let status = try await lab.kubectl.table("clusters", name, "-n", Lab.workspace).rows.first?["STATUS"] ?? ""
            try require(status.contains("Revoked") && status.contains("laptop stolen"), status)
          }
          #expect(row(try await flotilla(["agent", "list", "-n", Lab.workspace]), full)[1] == "revoked")
          try await lab.manager.kill()
          try await lab.manager.start()
          #expect(row(try await flotilla(["agent", "list"]), full)[1] == "revoked", "after a restart, too")

          #expect(try await flotilla(["agent", "revoke", full, "--undo"]).status == 0)
          try await lab.prod.kill()
          try await lab.prod.start()
          try await eventually("the agent is back") {
            try require(row(try await flotilla(["agent", "list"]), full)[1] == "connected", "not connected")
            let status = try await lab.kubectl.table("clusters", name, "-n", Lab.workspace).rows.first?["STATUS"] ?? ""
            try require(!status.contains("Revoked"), status)
          }
          let events = try await lab.kubectl("get", "events", "-n", Lab.workspace)
          #expect(events.contains("AgentRevoked") && events.contains("AgentTrusted"), "\(events)")
        }
      }
    }

    @Test("an agent changes its key by a verb, and deploys on with the new one")
    func rotateKey() async throws {
      try await Lab.run { lab in
        let name = try #require(try await lab.cluster(lab.prod).at("metadata", "name")?.string)
        let file = lab.prod.state + "/agent.key"
        let before = try String(contentsOfFile: file, encoding: .utf8)
        try await run(lab.manager) { flotilla in
          try await eventually("the agent is connected") {
            let cells = row(try await flotilla(["agent", "list"]), "\(Lab.workspace)/\(name)")
            try require(cells[1] == "connected", "\(cells)")
          }
          let outcome = try await flotilla(["agent", "rotate-key", name])
          #expect(outcome.status == 0 && outcome.output.contains("its agent's key is now"), "\(outcome)")
          let after = try String(contentsOfFile: file, encoding: .utf8)
          #expect(after != before)
          #expect(!FileManager.default.fileExists(atPath: file + ".next"))
          let key = try #require(outcome.output.split(separator: " ").last?.prefix(12))
          try await eventually("the agent is connected with its new key") {
            let cells = row(try await flotilla(["agent", "list"]), "\(Lab.workspace)/\(name)")
            try require(cells[1] == "connected" && cells[3] == key, "\(cells)")
          }
        }
        let repository = try await GitRepository("rotated")
        let commit = try await repository.push(["app/map.yaml": Manifests.configMap("rotated", ["a": "b"])])
        try await lab.apply(
          gitRepo: "rotated", repository, paths: ["app"],
          targets: "[{name: prod, clusterSelector: {matchLabels: {env: prod}}}]")
        try await lab.ready(gitRepo: "rotated", commit: commit, deployments: 1)
        try await lab.remove(gitRepo: "rotated")
      }
    }

    @Test(
      "an agent that has to be approved says how, waits, and goes on by itself; the manager's key is changed under it")
    func approvalAndManagerKey() async throws {
      try await Lab.run { lab in
        let manager = try ManagerProcess("keys")
        try await manager.start()
        try await manager.kubectl.apply(
          """
          kind: ClusterRegistrationToken
          apiVersion: fleet.cattle.io/v1alpha1
          metadata:
            name: once
            namespace: \(Lab.workspace)
            annotations: {flotilla.io/max-uses: "1", flotilla.io/require-approval: "true"}
          """)
        let values = try await manager.decodedValues(token: "once", namespace: Lab.workspace)
        let agent = try AgentProcess("keys", plane: lab.dev.plane, values: values + "clientID: keys\n")
        try await agent.start()
        try await run(manager) { flotilla in
          try await eventually("the agent says how it is approved") {
            let log = await agent.log
            try require(log.contains("flotilla agent approve \(Lab.workspace)/request-"), String(log.suffix(1500)))
          }
          let waiting = try #require(
            try await flotilla(["agent", "list"]).output.split(separator: "\n").last?.split(separator: " ").map(
              String.init))
          #expect(waiting[1] == "waiting", "\(waiting)")
          #expect(await agent.log.contains(waiting[3]), "the agent logs the key that is listed")
          let approved = try await flotilla(["agent", "approve", waiting[0]])
          #expect(approved.status == 0, "\(approved)")
          try await eventually("the agent is connected without anybody's help") {
            let list = try await flotilla(["agent", "list"])
            try require(list.output.contains("connected") && !list.output.contains("waiting"), list.output)
          }
          let late = try await flotilla(["agent", "deny", waiting[0]])
          #expect(late.status == 1 && late.errors.contains("flotilla agent revoke"), "\(late)")
          let wide = try await manager.kubectl(
            "get", "clusterregistrationtokens", "once", "-n", Lab.workspace, "-o", "wide")
          #expect(wide.contains("MAX-USES") && wide.split(separator: "\n").last?.contains(" 1 ") == true, "\(wide)")

          let data = manager.data
          let next = try await command([Places.flotilla, "manager", "rotate-key", "--data", data]).checked()
          #expect(next.hasPrefix("the next key is "))
          try await manager.stop()
          try await manager.start()
          try await eventually("the agent knows the next key") {
            let list = try await flotilla(["agent", "list"])
            try require(
              list.output.contains("KNOWS-NEXT-KEY")
                && list.output.split(separator: "\n").last?.hasSuffix("yes") == true,
              list.output)
          }
          try await manager.stop()
          _ = try await command([Places.flotilla, "manager", "rotate-key", "--data", data, "--finish"]).checked()
          try await manager.start()
          try await eventually("the agent follows the manager's key") {
            let log = await agent.log
            try require(
              try await flotilla(["agent", "list"]).output.contains("connected"), String(log.suffix(1500)))
          }
          try await agent.stop()
          try await agent.start()
          try await eventually("a values file that names the key of before will do") {
            let list = try await flotilla(["agent", "list", "-o", "json"])
            try require(list.output.contains("\"connected\""), list.output)
            let log = await agent.log
            try require(await agent.isRunning, log)
          }
        }
        try await agent.stop()
        try await manager.stop()
      }
    }
  }
}
