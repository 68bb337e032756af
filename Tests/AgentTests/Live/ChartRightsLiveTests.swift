import Document
import Fleet
import HelmEngine
import KubeClient
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

extension SharedClusterTests {
  @Suite("An agent with the rights that its chart gives")
  struct ChartRightsLiveTests {
    /// Installs the chart under a name of the test's own, and returns the rights of its service account.
    private func install(_ name: String, least: Bool) async throws -> AgentConfiguration.Cluster {
      let plane = try ControlPlane.ofSuite()
      let files = try OwnChartFiles.read("flotilla-agent").map { HelmChartFile(path: $0, contents: $1) }
      let key = String(repeating: "A", count: 43)
      _ = try await HelmEngine(connection: ClusterConnection(.file(plane.kubeconfig))).install(
        ReleaseIdentity(name: name, namespace: "cattle-fleet-system"), chart: Chart(files: files),
        values: [
          "fullnameOverride": .string(name), "managerEndpoints": ["tcp://127.0.0.1:1"],
          "token": .string("flotilla1.\(key).id.0123456789abcdef"), "rbac": ["least": .bool(least)],
        ])
      return .kubeconfigText(try await plane.kubeconfig(serviceAccount: name, namespace: "cattle-fleet-system"))
    }

    private func bundle(_ name: String, account: String) -> TestManager.Bundle {
      var bundle = TestManager.Bundle(
        name: name, files: ["a.yaml": Fixture.settings], options: Fixture.options(name))
      bundle.options.serviceAccount = account
      return bundle
    }

    @Test("With all rights it deploys in its own name", .timeLimit(.minutes(2)))
    func all() async throws {
      let fixture = try Fixture(access: try await install("agent-with-all", least: false))
      try await fixture.run {
        let id = try await fixture.manager.deploy(bundle("charted", account: ""))
        try await fixture.wait("charted", id, .ready)
      }
    }

    @Test("With the least it deploys as a bundle's account, and keeps its key in its Secret and in no other")
    func least() async throws {
      let access = try await install("agent-with-least", least: true)
      let plane = try ControlPlane.ofSuite()
      try await plane.kubectl("create", "namespace", "charted-team")
      try await plane.kubectl("create", "serviceaccount", "-n", "cattle-fleet-system", "charted-team")
      try await plane.kubectl(
        "create", "rolebinding", "-n", "charted-team", "charted-team", "--clusterrole=cluster-admin",
        "--serviceaccount=cattle-fleet-system:charted-team")
      let fixture = try Fixture(access: access)
      try await fixture.run {
        let id = try await fixture.manager.deploy(bundle("charted-team", account: "charted-team"))
        try await fixture.wait("charted-team", id, .ready)
      }

      guard case .kubeconfigText(let text) = access else { return }
      let client = try KubeClient(config: KubeConfig.load(text: text), logger: fixture.logger)
      let cluster = KubeCluster(client, logger: fixture.logger)
      let enrollment = EnrollmentRecord(
        clusterNamespace: "a", clusterName: "b", managerPublicKey: fixture.manager.keyPair.publicKey, endpoints: ["x"])
      let state = try await AgentState.open(fixture.state.path + "/first")
      try await state.save(enrollment)
      let pair = try await state.keyPair()
      let lastWeek = Timestamp(seconds: Timestamp.now.seconds - 7 * 86_400)
      try StateFile.setModified(fixture.state.path + "/first/agent.key", to: lastWeek)
      func secret(_ name: String, tokenID: String = "id", log: MessageLog = MessageLog()) -> IdentitySecret {
        IdentitySecret(
          name: name, namespace: "cattle-fleet-system", cluster: cluster, tokenID: tokenID, logger: log.logger)
      }
      let refusals = MessageLog()
      for (name, log) in [("agent-with-least-identity", MessageLog()), ("agent-with-least-values", refusals)] {
        let keeping = Task { await secret(name, log: log).keep(state) }
        try await eventually("\(name) was tried") {
          log.holds("is kept in Secret") || log.holds("cannot be kept in a Secret", "forbidden")
        }
        keeping.cancel()
        await keeping.value
      }
      #expect(refusals.holds("forbidden"))

      // A volume that was lost comes back, but not where the values have another token.
      let other = try await AgentState.open(fixture.state.path + "/other")
      try await secret("agent-with-least-identity", tokenID: "another").restore(to: other)
      #expect(other.enrollment == nil)
      try await secret("agent-with-least-identity").restore(to: other)
      #expect(other.enrollment == enrollment)
      #expect(try await other.keyPair().publicKey == pair.publicKey)
      #expect(try await other.keyAge() >= .seconds(7 * 86_400), "what came back is as old as it was")

      // A key that the agent is about to change to is in the Secret before anybody hears of it.
      let next = try CurveKeyPair.generate()
      let identity = secret("agent-with-least-identity")
      try await SecretKeyKeeper(state: state, secret: identity).keep(next: next)
      let third = try await AgentState.open(fixture.state.path + "/third")
      try await identity.restore(to: third)
      #expect(try await third.nextKeyPair()?.publicKey == next.publicKey)
      try await state.adoptNext()
      try await identity.write(state)
      let fourth = try await AgentState.open(fixture.state.path + "/fourth")
      try await identity.restore(to: fourth)
      #expect(try await fourth.keyPair().publicKey == next.publicKey)
      #expect(try await fourth.nextKeyPair() == nil)
      await cluster.shutdown()
    }
  }
}
