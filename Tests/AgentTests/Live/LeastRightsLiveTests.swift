import Document
import Fleet
import Foundation
import HelmEngine
import KubeClient
import TestSupport
import Testing

@testable import Agent

extension SharedClusterTests {
  @Suite("An agent with the least rights")
  struct LeastRightsLiveTests {
    private static let examples =
      String(ControlPlane.script.dropLast("scripts/kube-cluster".count)) + "examples/agent-rights"

    private func bundle(_ name: String, account: String = "team-a") -> TestManager.Bundle {
      var bundle = TestManager.Bundle(
        name: name,
        files: [
          "a.yaml": Fixture.settings,
          "b.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {password: secret}\n",
        ], options: Fixture.options("team-a", correct: CorrectDrift(enabled: true)))
      bundle.options.serviceAccount = account
      return bundle
    }

    /// Once for all tests of this suite: of two `kubectl apply` at the same moment one finds that the other has made an object,
    /// and fails. On the server's side, since other suites make the same namespace.
    private static let examplesApplied = Task {
      _ = try await ControlPlane.ofSuite().kubectl("apply", "--server-side", "-f", examples)
    }

    /// Waits for a deployment that fails, and returns what it says.
    private func refusal(_ fixture: Fixture, _ bundle: TestManager.Bundle) async throws -> String {
      let id = try await fixture.manager.deploy(bundle)
      try await fixture.wait(bundle.name, id, .errApplied)
      return await fixture.manager.status(bundle.name)?.message(desiredID: id) ?? ""
    }

    @Test("It deploys, corrects, upgrades and removes as the bundle's account, with the rights that are written down")
    func least() async throws {
      let plane = try ControlPlane.ofSuite()
      try await Self.examplesApplied.value
      let access = AgentConfiguration.Cluster.kubeconfigText(
        try await plane.kubeconfig(serviceAccount: "flotilla-agent", namespace: "cattle-fleet-system"))
      let log = MessageLog()
      let fixture = try Fixture(access: access, log: log)
      let team = bundle("team")
      let first = try await fixture.manager.deploy(team)
      var changed = team
      changed.files["a.yaml"] = Fixture.settings.replacing("name: other", with: "name: another")
      changed.options.helm = HelmOptions()
      changed.options.helm?.releaseName = "renamed"
      let renamed = changed
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("team", first, .ready)
          try await fixture.restoring(client, "team-a") { try await fixture.paint(client, "team-a", "blue") }
          try await fixture.plane.kubectl("delete", "secret", "-n", "team-a", "password")
          try await eventually("the deleted Secret is back") {
            try await fixture.plane.kubectl("get", "secrets", "-n", "team-a", "-o", "name").contains(
              "secret/password\n")
          }
          // A release under another name takes what it holds too, and removes the rest.
          let second = try await fixture.manager.deploy(renamed)
          try await fixture.wait("team", second, .ready)
          try await eventually("the old release is gone") {
            let records = try await fixture.plane.kubectl("get", "secret", "-n", "team-a", "-l", "owner=helm,name=team")
            let other = try await fixture.colour(client, "team-a", "other")
            return records.isEmpty && other == nil
          }
          #expect(try await fixture.colour(client, "team-a") == "red")

          // Elsewhere the account has no rights, and the agent lends it none.
          var elsewhere = bundle("elsewhere")
          elsewhere.options.defaultNamespace = "default"
          let refused = try await refusal(fixture, elsewhere)
          #expect(refused.contains(#"User "system:serviceaccount:cattle-fleet-system:team-a" cannot"#), "\(refused)")
          // A bundle without an account gets no more than the agent has.
          var unnamed = bundle("own-rights", account: "")
          unnamed.files = ["a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-rights}\n"]
          let own = try await refusal(fixture, unnamed)
          #expect(own.contains(#"User "system:serviceaccount:cattle-fleet-system:flotilla-agent" cannot"#), "\(own)")
          // What was refused leaves without a trace, too.
          for name in ["team", "elsewhere", "own-rights"] {
            await fixture.manager.remove(name)
            try await eventually("\(name) is gone") { await fixture.manager.statuses[name] == nil }
          }
          #expect(try await fixture.colour(client, "team-a") == nil)
          let records = try await fixture.plane.kubectl(
            "get", "secret", "-n", "team-a", "-l", "owner=helm", "-o", "name")
          #expect(records.isEmpty)
        }
      }
      #expect(!log.holds("looking for releases without a deployment failed"))
    }

    @Test("Without the right to act as the account a bundle fails, and says which right is missing")
    func notImpersonating() async throws {
      let plane = try ControlPlane.ofSuite()
      try await Self.examplesApplied.value
      let access = AgentConfiguration.Cluster.kubeconfigText(
        try await plane.kubeconfig(serviceAccount: "lesser-agent", namespace: "default"))
      try await plane.kubectl(
        "create", "clusterrolebinding", "lesser-agent", "--clusterrole=flotilla-agent",
        "--serviceaccount=default:lesser-agent")
      try await plane.kubectl(
        "create", "role", "-n", "cattle-fleet-system", "lesser-agent", "--verb=get", "--resource=serviceaccounts")
      try await plane.kubectl(
        "create", "rolebinding", "-n", "cattle-fleet-system", "lesser-agent", "--role=lesser-agent",
        "--serviceaccount=default:lesser-agent")
      let fixture = try Fixture(access: access)
      try await fixture.run {
        let message = try await refusal(fixture, bundle("powerless"))
        #expect(
          message.contains(
            #"User "system:serviceaccount:default:lesser-agent" cannot impersonate resource "serviceaccounts""#),
          "\(message)")
      }
    }
  }
}
