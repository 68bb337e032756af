import Fleet
import HelmEngine
import TestSupport
import Testing

@testable import Agent

@Suite("Kustomizations on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(5)))
struct KustomizeLiveTests {
  func configMap(_ name: String, hook: String = "") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: \(name)\(hook.isEmpty ? "" : "\n  annotations: {helm.sh/hook: \(hook)}")
    data: {colour: red}
    """
  }

  func release(_ fixture: Fixture, _ name: String, _ namespace: String) async throws -> Release {
    let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
    return try #require(try await engine.get(ReleaseIdentity(name: name, namespace: namespace)))
  }

  @Test("A kustomization's output is deployed, its hook as a hook; a base that would be fetched is refused by name")
  func kustomize() async throws {
    let fixture = try Fixture()
    var options = BundleDeploymentOptions()
    options.defaultNamespace = "overlay"
    options.kustomizeDir = "overlays/prod"
    let bundle = TestManager.Bundle(
      name: "overlay",
      files: [
        "base/kustomization.yaml": "resources: [map.yaml, hook.yaml]", "base/map.yaml": configMap("settings"),
        "base/hook.yaml": configMap("hook", hook: "post-install"),
        "overlays/prod/kustomization.yaml": """
        namePrefix: prod-
        resources: [../../base]
        patches:
        - target: {kind: ConfigMap, name: settings}
          patch: '[{"op": "replace", "path": "/data/colour", "value": "{{ blue }}"}]'
        """,
      ], options: options)
    var remote = bundle
    remote.name = "remote"
    remote.files["base/kustomization.yaml"] = "resources: [https://example.invalid/base.yaml]"
    let ids = (try await fixture.manager.deploy(bundle), try await fixture.manager.deploy(remote))
    try await fixture.run {
      try await fixture.wait("overlay", ids.0, .ready)
      #expect(try await fixture.configMap("overlay", "prod-settings", "colour") == "{{ blue }}")
      #expect(try await fixture.configMap("overlay", "prod-hook", "colour") == "red")
      let status = try #require(await fixture.manager.status("overlay"))
      #expect(status.resources.map(\.object.display) == ["configmap.v1 overlay/prod-settings"])
      #expect(try await release(fixture, "overlay", "overlay").manifest.contains("prod-hook") == false)
      try await fixture.wait("remote", ids.1, .errApplied)
      let message = try #require(await fixture.manager.status("remote")?.message(desiredID: ids.1))
      #expect(message.contains("base/kustomization.yaml: resources names https://example.invalid/base.yaml"))
      await fixture.manager.remove("overlay")
      try await eventually("the object is gone") {
        try await fixture.plane.kubectl(
          "get", "configmap", "-n", "overlay", "prod-settings", "--ignore-not-found"
        ).isEmpty
      }
    }
  }

  @Test("A hook among plain manifests, such as the manager builds of a kustomization, is a hook too")
  func rawHook() async throws {
    let fixture = try Fixture()
    var options = BundleDeploymentOptions()
    options.defaultNamespace = "plain"
    let bundle = TestManager.Bundle(
      name: "plain", files: ["kustomized.yaml": configMap("hook", hook: "pre-install") + "\n---\n" + configMap("map")],
      options: options)
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("plain", id, .ready)
      #expect(try await fixture.configMap("plain", "hook", "colour") == "red")
      let status = try #require(await fixture.manager.status("plain"))
      #expect(status.resources.map(\.object.display) == ["configmap.v1 plain/map"])
    }
  }

  @Test("What a chart renders is patched by the kustomization beside it, which adds objects; hooks are patched too")
  func helmAndKustomize() async throws {
    let fixture = try Fixture()
    var options = BundleDeploymentOptions()
    options.defaultNamespace = "both"
    options.kustomizeDir = "kustomize"
    var helm = HelmOptions()
    helm.chart = "chart"
    helm.values = ["size": 3]
    options.helm = helm
    let template = { (name: String, hook: String) in
      configMap("{{ .Release.Name }}-\(name)", hook: hook).replacing("red", with: "'{{ .Values.size }}'")
    }
    let bundle = TestManager.Bundle(
      name: "both",
      files: [
        "chart/Chart.yaml": "apiVersion: v2\nname: painter\nversion: 1.2.3\n",
        "chart/templates/map.yaml": template("map", ""), "chart/templates/hook.yaml": template("hook", "pre-install"),
        "kustomize/added.yaml": configMap("added"),
        "kustomize/kustomization.yaml": """
        resources: [added.yaml]
        commonLabels: {team: a}
        patches:
        - target: {kind: ConfigMap, name: both-.*}
          patch: '[{"op": "add", "path": "/data/patched", "value": "yes"}]'
        """,
      ], options: options)
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("both", id, .ready)
      for name in ["both-map", "both-hook"] {
        #expect(try await fixture.configMap("both", name, "colour") == "3")
        #expect(try await fixture.configMap("both", name, "patched") == "yes")
      }
      #expect(try await fixture.configMap("both", "added", "colour") == "red")
      let labelled = try await fixture.plane.kubectl("get", "configmap", "-n", "both", "-l", "team=a", "-o", "name")
      #expect(labelled.split(separator: "\n").count == 3)
      let status = try #require(await fixture.manager.status("both"))
      #expect(
        Set(status.resources.map(\.object.display)) == ["configmap.v1 both/added", "configmap.v1 both/both-map"])
      let release = try await release(fixture, "both", "both")
      #expect(release.chartName == "painter" && release.values == ["size": 3])
      #expect(!release.manifest.contains("both-hook"))
    }
  }
}
