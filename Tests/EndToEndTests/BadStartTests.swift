import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("Managers and agents that cannot start, or reach each other")
  struct BadStartTests {
    @Test(
      "an agent's values with a wrong key, a state that is in use or newer, and no kubeconfig are each said at once")
    func agents() async throws {
      try await Lab.run { lab in
        let good = try await lab.manager.values(token: "bad-starts", namespace: Lab.workspace)
        try await Workspace.with(["typo.yaml": good + "lables: {a: b}\n", "good.yaml": good]) { workspace in
          func agent(_ values: String, state: String, kubeconfig: String) async throws -> String {
            let outcome = try await workspace.flotilla([
              "agent", "--values", values, "--kubeconfig", kubeconfig, "--state", state,
            ])
            #expect(outcome.status != 0, "\(outcome)")
            return outcome.errors
          }
          let cluster = lab.dev.plane.kubeconfig
          let typo = try await agent("typo.yaml", state: "s", kubeconfig: cluster)
          for part in ["typo.yaml:", "lables", "did you mean \"labels\"", "managerEndpoints"] {
            #expect(typo.contains(part), "\(typo)")
          }
          let missing = try await agent("none.yaml", state: "s", kubeconfig: cluster)
          #expect(missing.contains("none.yaml is not there") && missing.contains("Secret"), "\(missing)")
          let none = try await agent("good.yaml", state: "s", kubeconfig: "nowhere.yaml")
          #expect(none.contains("nowhere.yaml"), "\(none)")
          let shared = try await agent("good.yaml", state: lab.dev.state, kubeconfig: cluster)
          #expect(shared.contains(lab.dev.state) && shared.contains("in use"), "\(shared)")
          try workspace.write(["newer/enrollment": "flotilla-agent-state 99 00\n{}"])
          let newer = try await agent("good.yaml", state: "newer", kubeconfig: cluster)
          #expect(newer.contains("newer/enrollment has format 99") && newer.contains("run the newer one"), "\(newer)")
          let unwritable = try await agent("good.yaml", state: "/proc/state", kubeconfig: cluster)
          #expect(unwritable.contains("/proc/state"), "\(unwritable)")
          #expect(!"\(typo)\(none)\(shared)\(newer)".contains(try Self.secret(of: good)))
        }
      }
    }

    @Test(
      "ports in use, a directory in use, of a newer version or that cannot be written end a manager with what to do")
    func managers() async throws {
      try await Lab.run { lab in
        try await Workspace.with { workspace in
          func manager(_ arguments: [String], data: String = "data") async throws -> String {
            let outcome = try await workspace.flotilla(["manager", "--data", data] + arguments)
            #expect(outcome.status == 1, "\(outcome)")
            return outcome.errors
          }
          let server = try await lab.kubectl(
            "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
          let api = server.replacing("https://", with: "")
          let free = ["--bus-address", "tcp://127.0.0.1:0", "--api-address", "127.0.0.1:0"]
          let busyAPI = try await manager(["--bus-address", "tcp://127.0.0.1:0", "--api-address", api])
          #expect(busyAPI.contains(api) && busyAPI.contains("choose another address"), "\(busyAPI)")
          let bus = lab.manager.busEndpoint
          let busyBus = try await manager(["--bus-address", bus, "--api-address", "127.0.0.1:0"])
          #expect(busyBus.contains(bus) && busyBus.contains("choose another address"), "\(busyBus)")
          let shared = try await manager(free, data: lab.manager.data)
          #expect(shared.contains("in use by process") && shared.contains(lab.manager.data), "\(shared)")
          let unwritable = try await manager(free, data: "/proc/data")
          #expect(unwritable.contains("/proc/data") && unwritable.contains("--data"), "\(unwritable)")
          try await command([
            "python3", "-c",
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('pragma user_version=99'); c.commit()",
            workspace.path + "/data/store/store.sqlite",
          ]).checked()
          let newer = try await manager(free)
          #expect(newer.contains("store.sqlite") && newer.contains("start a newer flotilla"), "\(newer)")
        }
      }
    }

    @Test("an agent whose manager is not there keeps trying and says where; it goes on when the manager comes")
    func unreachable() async throws {
      try await Lab.run { lab in
        let manager = try ManagerProcess("late")
        try await manager.start()
        let values = try await manager.values(token: "late", namespace: Lab.workspace)
        try await manager.stop()
        let agent = try AgentProcess("late", plane: lab.dev.plane, values: values + "clientID: late\n")
        try await agent.start()
        try await eventually("the agent says that nobody answers, and where") {
          let log = await agent.log
          try require(
            log.contains("nobody answers at \(manager.busEndpoint)") && log.contains("is the manager running"),
            String(log.suffix(1500)))
        }
        try await manager.start()
        try await eventually("the agent has joined") {
          try require(try await manager.kubectl.has("clusters", "-n", Lab.workspace), "no cluster")
        }
        try await agent.stop()
        try await manager.stop()
      }
    }

    @Test("an agent whose kubeconfig has no rights says what it may not do, joins nothing, and does not give up")
    func withoutRights() async throws {
      try await Lab.run { lab in
        let values = try await lab.manager.values(token: "rightless", namespace: Lab.workspace)
        let admin = try String(contentsOfFile: lab.dev.plane.kubeconfig, encoding: .utf8)
        var config = try #require(try YAML.parse(admin).first)
        var users = config["users"]?.array ?? []
        users[0]["user"] = ["token": "nobodys"]
        config["users"] = .array(users)
        let path = try Places.directory("kubeconfigs") + "/rightless"
        try Data(YAML.emit(config).utf8).write(to: URL(filePath: path))
        let agent = try AgentProcess("rightless", plane: lab.dev.plane, values: values, kubeconfig: path)
        try await agent.start()
        try await eventually("the agent says that it is not let in by its cluster, and what to look at") {
          let log = await agent.log
          try require(
            log.contains("waiting for the cluster's API server") && log.contains("nauthorized")
              && log.contains("kubeconfig"), String(log.suffix(1500)))
        }
        #expect(await agent.isRunning)
        #expect(await !agent.log.contains("nobodys"))
        try await agent.stop()
      }
    }

    static func secret(of values: String) throws -> String {
      String(try #require(try YAML.parse(values).first?["token"]?.string).split(separator: ".").last ?? "")
    }
  }
}
