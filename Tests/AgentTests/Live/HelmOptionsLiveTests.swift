import Document
import Fleet
import HelmEngine
import KubeClient
import TestSupport
import Testing

@testable import Agent

@Suite("Hooks and CRDs on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(3)))
struct HelmOptionsLiveTests {
  private func hook(_ name: String, _ events: String) -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: \(name)
      annotations: {helm.sh/hook: "\(events)", helm.sh/hook-delete-policy: before-hook-creation}
    data: {colour: "{{ .Values.colour }}"}
    """
  }

  private func definition(_ group: String) -> String {
    """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.\(group)}
    spec:
      group: \(group)
      names: {kind: Thing, plural: things}
      scope: Namespaced
      versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
    """
  }

  private func exists(_ fixture: Fixture, _ arguments: String...) async throws -> Bool {
    let output = try await Command(
      ["kubectl", "--kubeconfig", fixture.plane.kubeconfig, "get", "--ignore-not-found", "-o", "name"] + arguments
    ).checked()
    return !output.isEmpty
  }

  @Test("Hooks run when a chart is installed, upgraded and removed; their objects are no part of what is watched")
  func hooks() async throws {
    let fixture = try Fixture()
    var options = Fixture.options("hooks", correct: CorrectDrift(enabled: true))
    var helm = HelmOptions()
    helm.values = ["colour": "red"]
    options.helm = helm
    var bundle = TestManager.Bundle(
      name: "hooks",
      files: [
        "Chart.yaml": "apiVersion: v2\nname: hooks\nversion: 1.0.0\n",
        "templates/own.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata: {colour: red}\n",
        "templates/before.yaml": hook("before", "pre-install,pre-upgrade"),
        "templates/upgraded.yaml": hook("upgraded", "post-upgrade"),
        "templates/after.yaml": hook("after", "post-delete"),
      ], options: options)
    let first = try await fixture.manager.deploy(bundle)
    bundle.options.helm?.values = ["colour": "blue"]
    let upgraded = bundle
    try await fixture.run {
      try await fixture.wait("hooks", first, .ready)
      #expect(try await fixture.configMap("hooks", "before", "colour") == "red")
      #expect(try await !exists(fixture, "configmap", "-n", "hooks", "upgraded"))
      #expect(await fixture.manager.status("hooks")?.resources.map(\.object.name) == ["own"])
      try await fixture.plane.kubectl("delete", "-n", "hooks", "configmap/before")
      let second = try await fixture.manager.deploy(upgraded)
      try await fixture.wait("hooks", second, .ready)
      #expect(await fixture.revision("hooks") == "hooks/hooks:2", "a hook's object that is gone is no drift")
      #expect(try await fixture.configMap("hooks", "before", "colour") == "blue")
      #expect(try await fixture.configMap("hooks", "upgraded", "colour") == "blue")
      await fixture.manager.remove("hooks")
      try await eventually("the bundle is gone") { await fixture.manager.statuses["hooks"] == nil }
      #expect(try await fixture.configMap("hooks", "after", "colour") == "blue")
      #expect(try await !exists(fixture, "configmap", "-n", "hooks", "own"))
    }
  }

  @Test("CRDs survive their bundle, unless it says that they go with it", arguments: [false, true])
  func definitions(deletes: Bool) async throws {
    let fixture = try Fixture()
    let name = deletes ? "going" : "staying"
    var options = Fixture.options(name)
    options.deleteCRDResources = deletes
    let id = try await fixture.manager.deploy(
      TestManager.Bundle(name: name, files: ["a.yaml": definition("\(name).example.com")], options: options))
    try await fixture.run {
      try await fixture.wait(name, id, .ready)
      await fixture.manager.remove(name)
      try await eventually("the bundle is gone") { await fixture.manager.statuses[name] == nil }
      try await eventually("the definition \(deletes ? "goes" : "stays")") {
        try await exists(fixture, "crd", "things.\(name).example.com") != deletes
      }
    }
  }

  @Test("A release that somebody upgraded by hand is put back when its objects change")
  func upgradedByHand() async throws {
    let fixture = try Fixture()
    let id = try await fixture.manager.deploy(
      TestManager.Bundle(
        name: "hand", files: ["a.yaml": Fixture.settings],
        options: Fixture.options("hand", correct: CorrectDrift(enabled: true))))
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("hand", id, .ready)
        let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
        let chart = Chart(files: [
          HelmChartFile(path: "Chart.yaml", text: "apiVersion: v2\nname: hand\nversion: 9.0.0\n"),
          HelmChartFile(path: "templates/a.yaml", text: Fixture.settings.replacing("red", with: "blue")),
        ])
        _ = try await engine.upgrade(ReleaseIdentity(name: "hand", namespace: "hand"), chart: chart)
        try await fixture.restoring(client, "hand")
        try await eventually("it is told") { await fixture.revision("hand") == "hand/hand:3" }
        try await fixture.wait("hand", id, .ready)
      }
    }
  }
}
