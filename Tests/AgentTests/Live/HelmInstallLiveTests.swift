import Document
import Fleet
import HelmEngine
import KubeClient
import TestSupport
import Testing

@testable import Agent

extension SharedClusterTests {
  @Suite("Helm's options when a bundle is installed")
  struct HelmInstallLiveTests {
    /// No controller runs here, so this never becomes ready.
    static let unready = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: slow}
      spec:
        selector: {matchLabels: {a: b}}
        template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}
      """

    /// A bundle in a namespace of its name.
    static func bundle(_ name: String, _ files: [String: String], _ change: (inout HelmOptions) -> Void = { _ in })
      -> TestManager.Bundle
    {
      var bundle = TestManager.Bundle(name: name, files: files, options: Fixture.options(name))
      var helm = HelmOptions()
      change(&helm)
      bundle.options.helm = helm
      return bundle
    }

    /// A chart of one template beside other files.
    static func chart(_ name: String, _ template: String, _ files: [String: String] = [:]) -> [String: String] {
      files.merging([
        "Chart.yaml": "apiVersion: v2\nname: \(name)\nversion: 1.0.0\n", "templates/a.yaml": template,
      ]) { given, _ in given }
    }

    /// Revisions and their states, as Helm's records tell them.
    static func history(_ fixture: Fixture, _ name: String) async throws -> [String] {
      try await fixture.plane.kubectl(
        "get", "secret", "-n", name, "-l", "owner=helm,name=\(name)", "-o",
        "jsonpath={range .items[*]}{.metadata.labels.version}={.metadata.labels.status} {end}"
      ).split(separator: " ").map(String.init).sorted()
    }

    /// Deploys a bundle beside, by whose end everything else has had its turn.
    static func fence(_ fixture: Fixture, _ name: String) async throws {
      let id = try await fixture.manager.deploy(bundle(name, ["a.yaml": Fixture.settings]))
      try await fixture.wait(name, id, .ready)
    }

    @Test("An object of somebody else's is left alone and told in Helm's words, unless takeOwnership is set")
    func ownership() async throws {
      let fixture = try Fixture()
      try await fixture.plane.kubectl("create", "namespace", "own")
      try await fixture.plane.kubectl("create", "configmap", "-n", "own", "settings", "--from-literal=colour=blue")
      var bundle = Self.bundle("own", ["a.yaml": Fixture.settings])
      let refused = try await fixture.manager.deploy(bundle)
      bundle.options.helm?.takeOwnership = true
      let taking = bundle
      try await fixture.run {
        try await fixture.wait("own", refused, .notReady)
        let message = await fixture.manager.status("own")?.message(desiredID: refused) ?? ""
        #expect(message.hasPrefix("not installed: "), "\(message)")
        #expect(message.contains(#"ConfigMap "settings" in namespace "own" exists"#), "\(message)")
        #expect(message.contains("invalid ownership metadata"), "\(message)")
        #expect(try await fixture.configMap("own", "settings", "colour") == "blue")
        let id = try await fixture.manager.deploy(taking)
        try await fixture.wait("own", id, .ready)
        #expect(try await fixture.configMap("own", "settings", "colour") == "red")
        #expect(await fixture.modified("own") == [])
      }
    }

    @Test("What is not ready in time counts as not installed, and is not tried again before it changes")
    func timeout() async throws {
      let fixture = try Fixture()
      var bundle = Self.bundle("timeout", ["a.yaml": Self.unready, "b.yaml": Fixture.settings]) {
        $0.timeoutSeconds = 1
      }
      let first = try await fixture.manager.deploy(bundle)
      bundle.options.helm?.timeoutSeconds = 0
      let patient = bundle
      try await fixture.run {
        try await fixture.wait("timeout", first, .notReady)
        let status = try #require(await fixture.manager.status("timeout"))
        let (ready, installed) = (status.conditions["Ready"], status.conditions["Installed"])
        #expect(ready?.isFalse == true && ready?.message.hasPrefix("not ready: ") == true)
        #expect(installed?.isFalse == true && installed?.message.hasPrefix("not installed: ") == true)
        #expect(status.message(desiredID: first).contains("context deadline exceeded"))
        #expect(status.appliedDeploymentID == first && status.release.isEmpty && status.nonModified)
        try await Self.fence(fixture, "timeout-fence")
        #expect(try await Self.history(fixture, "timeout") == ["1=failed"])
        // Without the time-out the same objects are deployed, and what they lack is told.
        let second = try await fixture.manager.deploy(patient)
        try await fixture.wait("timeout", second, .notReady)
        #expect(await fixture.revision("timeout") == "timeout/timeout:2")
        #expect(await fixture.manager.status("timeout")?.conditions["Installed"]?.isTrue == true)
      }
    }

    @Test("With atomic a failed installation leaves nothing, and a failed upgrade what was there before")
    func atomic() async throws {
      let fixture = try Fixture()
      var upgraded = Self.bundle("atomic", ["b.yaml": Fixture.settings]) { helm in
        helm.atomic = true
        helm.timeoutSeconds = 8
      }
      let first = try await fixture.manager.deploy(upgraded)
      upgraded.files = ["a.yaml": Self.unready, "b.yaml": Fixture.settings.replacing("red", with: "blue")]
      let installed = Self.bundle("atomic-new", upgraded.files) { $0 = upgraded.options.helm ?? $0 }
      let failing = upgraded
      try await fixture.run {
        try await fixture.wait("atomic", first, .ready)
        let second = try await fixture.manager.deploy(failing)
        let other = try await fixture.manager.deploy(installed)
        try await fixture.wait("atomic", second, .notReady)
        let message = await fixture.manager.status("atomic")?.message(desiredID: second) ?? ""
        #expect(message.hasPrefix("not installed: ") && message.contains("rolled back due to"), "\(message)")
        #expect(try await fixture.configMap("atomic", "settings", "colour") == "red")
        #expect(
          try await fixture.plane.kubectl("get", "-n", "atomic", "deployment", "-o", "name").isEmpty, "it is gone again"
        )
        #expect(try await Self.history(fixture, "atomic").contains("3=deployed"))
        try await fixture.wait("atomic-new", other, .notReady)
        let names = try await fixture.plane.kubectl("get", "-n", "atomic-new", "deployment,configmap", "-o", "name")
        #expect(!names.contains("slow") && !names.contains("settings"))
        #expect(try await Self.history(fixture, "atomic-new") == [])
        // What stands is what was there before; going back to it by the manager's word is well again.
        var back = failing
        back.files = ["b.yaml": Fixture.settings]
        #expect(try await fixture.manager.deploy(back) == first)
        try await fixture.wait("atomic", first, .ready)
      }
    }

    @Test("A Job that has begun is enough, unless waitForJobs wants it done")
    func jobs() async throws {
      let fixture = try Fixture()
      let job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: work}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
        """
      @Sendable func finish(_ namespace: String, _ status: String) async throws {
        try await eventually("the job of \(namespace) is there") {
          let found = try await fixture.plane.kubectl(
            "get", "job", "-A", "-o", "jsonpath={.items[?(@.metadata.namespace==\"\(namespace)\")].metadata.name}")
          return !found.isEmpty
        }
        try await fixture.plane.kubectl(
          "patch", "job", "-n", namespace, "work", "--subresource=status", "--type=merge", "-p",
          "{\"status\":\(status)}")
      }
      let started = #"{"startTime":"2026-01-01T00:00:00Z","active":1}"#
      let eager = Self.bundle("jobs-begun", ["a.yaml": job]) { $0.timeoutSeconds = 120 }
      let patient = Self.bundle("jobs-done", ["a.yaml": job]) { helm in
        helm.timeoutSeconds = 120
        helm.waitForJobs = true
      }
      try await fixture.manager.deploy(eager)
      let id = try await fixture.manager.deploy(patient)
      try await fixture.run {
        try await finish("jobs-done", started)
        try await finish("jobs-begun", started)
        try await eventually("it is deployed") { await fixture.revision("jobs-begun") == "jobs-begun/jobs-begun:1" }
        #expect(await fixture.manager.status("jobs-done") == nil, "it waits")
        try await finish(
          "jobs-done",
          #"{"succeeded":1,"active":0,"conditions":[{"type":"Complete","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}"#
        )
        try await fixture.wait("jobs-done", id, .ready)
      }
    }

    @Test("Helm keeps two revisions, or as many as maxHistory says", arguments: [0, 3])
    func history(maxHistory: Int) async throws {
      let fixture = try Fixture()
      let name = "history-\(maxHistory)"
      var bundle = Self.bundle(name, ["a.yaml": Fixture.settings]) { $0.maxHistory = maxHistory }
      let first = try await fixture.manager.deploy(bundle)
      var later: [TestManager.Bundle] = []
      for colour in ["blue", "green", "white"] {
        bundle.files["a.yaml"] = Fixture.settings.replacing("red", with: colour)
        later.append(bundle)
      }
      let versions = later
      try await fixture.run {
        try await fixture.wait(name, first, .ready)
        for version in versions {
          let id = try await fixture.manager.deploy(version)
          try await fixture.wait(name, id, .ready)
        }
        let kept = ["2=superseded", "3=superseded", "4=deployed"]
        #expect(try await Self.history(fixture, name) == Array(kept.suffix(maxHistory == 0 ? 2 : maxHistory)))
      }
    }

    @Test(
      "Templates may ask a name server unless disableDNS is set, and values must fit the schema unless that is skipped")
    func rendering() async throws {
      let fixture = try Fixture()
      let asking = Self.chart(
        "dns",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dns}\ndata: {found: \"{{ getHostByName \"localhost\" }}\"}\n"
      )
      let strict = Self.chart(
        "strict", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: strict}\n",
        ["values.schema.json": #"{"type": "object", "properties": {"size": {"type": "integer"}}}"#])
      let dns = Self.bundle("dns-on", asking)
      let noDNS = Self.bundle("dns-off", asking) { $0.disableDNS = true }
      var checked = Self.bundle("schema", strict) { $0.values = ["size": "three"] }
      let ids = (
        try await fixture.manager.deploy(dns), try await fixture.manager.deploy(noDNS),
        try await fixture.manager.deploy(checked)
      )
      checked.options.helm?.skipSchemaValidation = true
      let unchecked = checked
      try await fixture.run {
        try await fixture.wait("dns-on", ids.0, .ready)
        try await fixture.wait("dns-off", ids.1, .ready)
        let found = try await fixture.configMap("dns-on", "dns", "found")
        #expect(["127.0.0.1", "::1"].contains(found))
        #expect(try await fixture.configMap("dns-off", "dns", "found") == "")
        try await fixture.wait("schema", ids.2, .errApplied)
        let message = await fixture.manager.status("schema")?.message(desiredID: ids.2) ?? ""
        #expect(message.contains("size"), "\(message)")
        let id = try await fixture.manager.deploy(unchecked)
        try await fixture.wait("schema", id, .ready)
      }
    }

    @Test("With force an object is replaced as a whole: what others added to it is gone", arguments: [false, true])
    func force(force: Bool) async throws {
      let fixture = try Fixture()
      let name = "force-\(force)"
      var bundle = Self.bundle(name, ["a.yaml": Fixture.settings]) { $0.force = force }
      let first = try await fixture.manager.deploy(bundle)
      bundle.files["a.yaml"] = Fixture.settings.replacing("red", with: "blue")
      let changed = bundle
      try await fixture.run {
        try await fixture.wait(name, first, .ready)
        try await fixture.plane.kubectl("annotate", "-n", name, "configmap/settings", "foreign=1")
        let second = try await fixture.manager.deploy(changed)
        try await fixture.wait(name, second, .ready)
        #expect(try await fixture.configMap(name, "settings", "colour") == "blue")
        let foreign = try await fixture.plane.kubectl(
          "get", "-n", name, "configmap/settings", "-o", "jsonpath={.metadata.annotations.foreign}")
        #expect(foreign == (force ? "" : "1"))
      }
    }
  }
}
