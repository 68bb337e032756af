import Document
import Fleet
import KubeClient
import Logging
import TestSupport
import Testing

@testable import Agent

/// What an API server does on its bad days must not look like something that was done to a deployment.
@Suite("An API server's bad days", .badDays, .serialized, .timeLimit(.minutes(5)))
struct BadDaysLiveTests {
  /// Options of a bundle whose drift is corrected: what looks missing would be made again, and so show.
  private func bundle(_ name: String, _ files: [String: String]) -> TestManager.Bundle {
    TestManager.Bundle(name: name, files: files, options: Fixture.options(name, correct: CorrectDrift(enabled: true)))
  }

  private func expectUndisturbed(_ fixture: Fixture, _ id: String, revision: Int = 1) async {
    #expect(await fixture.revision(id) == "\(id)/\(id):\(revision)")
    #expect(await fixture.manager.history(id).allSatisfy { !$0.contains(" missing") && !$0.contains(" extra") })
  }

  @Test("A server that is too busy for the agent (429) delays everything, and makes nothing look changed")
  func busy() async throws {
    let plane = try ControlPlane.ofSuite()
    // The admin's requests are never refused, so the agent must not be one.
    let access = AgentConfiguration.Cluster.kubeconfigText(
      try await plane.kubeconfig(serviceAccount: "agent", namespace: "default"))
    try await plane.kubectl(
      "create", "clusterrolebinding", "agent", "--clusterrole=cluster-admin", "--serviceaccount=default:agent")
    let log = MessageLog()
    let fixture = try Fixture(access: access, log: log)
    let ids = (
      try await fixture.manager.deploy(bundle("busy", ["a.yaml": Fixture.settings])),
      try await fixture.manager.deploy(bundle("leaving", ["a.yaml": Fixture.settings]))
    )
    try await fixture.run {
      try await fixture.wait("busy", ids.0, .ready)
      try await fixture.wait("leaving", ids.1, .ready)
    }
    try await fixture.withManager {
      try await fixture.withClient { client in
        let later = try await BusyServer.during(plane, fixture.logger) {
          // It starts, deploys, removes and looks at what changed while nobody answers it.
          try await fixture.paint(client, "busy", "blue")
          await fixture.manager.remove("leaving")
          let later = try await fixture.manager.deploy(bundle("later", ["a.yaml": Fixture.settings]))
          let agent = Task { try await fixture.withAgent { try await Task.sleep(for: .seconds(120)) } }
          try await eventually("it is told to wait") { log.holds("the API server asks to wait", "status=429") }
          return (id: later, agent: agent)
        }
        try await fixture.restoring(client, "busy")
        try await fixture.wait("later", later.id, .ready)
        try await eventually("what leaves is gone") { await fixture.manager.statuses["leaving"] == nil }
        try await eventually("the correction is told") { await fixture.revision("busy") == "busy/busy:2" }
        later.agent.cancel()
        _ = await later.agent.result
      }
    }
    await expectUndisturbed(fixture, "busy", revision: 2)
    await expectUndisturbed(fixture, "later")
  }

  @Test(
    "A watch whose history the server has forgotten (410) goes on with a list, and finds just what changed meanwhile")
  func forgotten() async throws {
    let log = MessageLog()
    let fixture = try Fixture(log: log)
    let plane = fixture.plane
    let id = try await fixture.manager.deploy(bundle("forgotten", ["a.yaml": Fixture.settings]))
    let usual = try plane.port()
    try await fixture.run {
      try await fixture.wait("forgotten", id, .ready)
      // For the agent the server is away; for others it is elsewhere.
      try await plane.killAPIServer()
      try await plane.start(isElsewhere: true)
      try await plane.kubectl(
        "patch", "-n", "forgotten", "configmap/settings", "--type=merge", "-p", #"{"data":{"colour":"blue"}}"#)
      let revision = try await plane.kubectl(
        "get", "-n", "forgotten", "configmap/settings", "-o", "jsonpath={.metadata.resourceVersion}")
      try await Etcd.compact(plane, revision: revision)
      try await plane.killAPIServer()
      try await plane.start(port: usual)
      try await fixture.withClient { client in
        try await fixture.restoring(client, "forgotten")
        try await eventually("the correction is told") {
          await fixture.revision("forgotten") == "forgotten/forgotten:2"
        }
        #expect(log.holds("watch expired, listing again", "resource=configmaps.v1"))
        try await fixture.restoring(client, "forgotten", "other") {
          try await fixture.paint(client, "forgotten", "green", "other")
        }
        try await eventually("it goes on") { await fixture.revision("forgotten") == "forgotten/forgotten:3" }
      }
    }
    await expectUndisturbed(fixture, "forgotten", revision: 3)
  }

  @Test("A group whose own server is away (503) hides its objects from nobody, and keeps no other bundle from anything")
  func partialDiscovery() async throws {
    let log = MessageLog()
    let fixture = try Fixture(log: log)
    let plane = fixture.plane
    let definition = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: things.partial.example.com}
      spec:
        group: partial.example.com
        names: {kind: Thing, plural: things}
        scope: Namespaced
        versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
      """
    let thing = "apiVersion: partial.example.com/v1\nkind: Thing\nmetadata: {name: one}\nspec: {size: 1}\n"
    let things = bundle("partial", ["a.yaml": Fixture.settings, "b.yaml": thing])
    let leaving = bundle("partial-leaving", ["b.yaml": thing])
    let api = "/apis/partial.example.com/v1"
    @Sendable func size(_ namespace: String) async throws -> String {
      try await plane.kubectl(
        "get", "-n", namespace, "things.partial.example.com/one", "--ignore-not-found", "-o", "jsonpath={.spec.size}")
    }
    try await plane.kubectl("apply", "-f", "-", input: definition)
    try await plane.kubectl("wait", "--for=condition=Established", "crd/things.partial.example.com")
    let ids = (try await fixture.manager.deploy(things), try await fixture.manager.deploy(leaving))
    try await fixture.run {
      try await fixture.wait("partial", ids.0, .ready)
      try await fixture.wait("partial-leaving", ids.1, .ready)
    }
    // From here on a server that is not there answers for the group.
    try await plane.kubectl(
      "patch", "apiservice/v1.partial.example.com", "--type=merge", "-p",
      #"{"metadata":{"labels":{"kube-aggregator.kubernetes.io/automanaged":null}},"spec":{"insecureSkipTLSVerify":true,"service":{"namespace":"default","name":"nowhere","port":443}}}"#
    )
    try await eventually("the group is away") {
      try await Command(["kubectl", "--kubeconfig", plane.kubeconfig, "get", "--raw", api]).run().status != 0
    }
    try await fixture.run {
      try await eventually("its objects cannot be seen") { log.holds("cannot be watched at present", "kind=Thing") }
      await fixture.manager.remove("partial-leaving")
      try await eventually("removing them is put off") { log.holds("removing failed", "deployment=partial-leaving") }
      let other = try await fixture.manager.deploy(bundle("beside", ["a.yaml": Fixture.settings]))
      try await fixture.wait("beside", other, .ready)
      #expect(await fixture.manager.state("partial", ids.0) == .ready)
      #expect(await fixture.manager.statuses["partial-leaving"] != nil)
      try await plane.kubectl("delete", "apiservice/v1.partial.example.com")
      try await eventually("the group is back") {
        try await Command(["kubectl", "--kubeconfig", plane.kubeconfig, "get", "--raw", api]).run().status == 0
      }
      try await eventually("what leaves is gone") { await fixture.manager.statuses["partial-leaving"] == nil }
      #expect(try await size("partial-leaving") == "")
      try await plane.kubectl(
        "patch", "-n", "partial", "things.partial.example.com/one", "--type=merge", "-p", #"{"spec":{"size":2}}"#)
      try await eventually("drift is found again") { try await size("partial") == "1" }
      try await eventually("the correction is told") { await fixture.revision("partial") == "partial/partial:2" }
    }
    await expectUndisturbed(fixture, "partial", revision: 2)
  }
}

extension Trait where Self == ControlPlane {
  /// A control plane that serves few requests at a time.
  fileprivate static var badDays: ControlPlane {
    ControlPlane(apiFlags: [
      "--max-requests-inflight=\(BusyServer.readings)", "--max-mutating-requests-inflight=\(BusyServer.writings)",
      "--enable-priority-and-fairness=false",
    ])
  }
}
