import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

@Suite("An agent on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(5)))
struct AgentLiveTests {
  func yaml(_ value: String, namespace: String, name: String = "settings") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: \(name)
      namespace: \(namespace)
    data:
      colour: "\(value)"
    """
  }

  func options(_ namespace: String) -> BundleDeploymentOptions {
    var options = BundleDeploymentOptions()
    options.defaultNamespace = namespace
    return options
  }

  @Test("A raw bundle is deployed, updated and removed, and a restart deploys nothing again")
  func rawBundle() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "raw", files: ["settings.yaml": yaml("red {{ not a template }}", namespace: "raw")], options: options("raw")
    )
    let first = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("raw", first, .ready)
      #expect(try await fixture.configMap("raw", "settings", "colour") == "red {{ not a template }}")
      #expect(await fixture.revision("raw") == "raw/raw:1")
      let status = try #require(await fixture.manager.status("raw"))
      #expect(status.resources.map(\.object.display) == ["configmap.v1 raw/settings"])
      #expect(status.resourceCounts.ready == 1 && status.resourceCounts.desiredReady == 1)
    }
    let reports = await fixture.manager.reports
    let restarted = await fixture.manager.completes
    try await fixture.run {
      try await eventually("the agent is back") { await fixture.manager.completes > restarted }
      // The second deployment shows that the first one's turn has passed.
      let other = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: "other", files: ["a.yaml": yaml("x", namespace: "raw", name: "other")], options: options("raw")))
      try await fixture.wait("other", other, .ready)
      #expect(await fixture.revision("raw") == "raw/raw:1")
      #expect(
        try await fixture.plane.kubectl("get", "secret", "-n", "raw", "-l", "owner=helm,name=raw", "-o", "name")
          .contains("raw.v2") == false)
      #expect(await fixture.manager.reports <= reports + 2, "an unchanged status is not sent again")
      #expect(await fixture.manager.hellos.last?.kubernetesVersion.hasPrefix("v1.") == true)

      var changed = bundle
      changed.files["settings.yaml"] = yaml("blue", namespace: "raw")
      let second = try await fixture.manager.deploy(changed)
      try await fixture.wait("raw", second, .ready)
      #expect(try await fixture.configMap("raw", "settings", "colour") == "blue")
      #expect(await fixture.revision("raw") == "raw/raw:2")

      await fixture.manager.remove("raw")
      try await eventually("the object is gone") {
        try await fixture.plane.kubectl("get", "configmap", "-n", "raw", "settings", "--ignore-not-found").isEmpty
      }
      try await eventually("the status is gone") { await fixture.manager.statuses["raw"] == nil }
      try await eventually("its last trace is gone") {
        let path = "\(fixture.state.path)/state/deployments"
        return (try? FileManager.default.contentsOfDirectory(atPath: path))?.count == 1
      }
    }
  }

  @Test("A chart is deployed with values, and Helm shows the chart's own name and version")
  func chart() async throws {
    let fixture = try Fixture()
    var options = options("charts")
    var helm = HelmOptions()
    helm.values = ["colour": "green"]
    helm.releaseName = "paint"
    options.helm = helm
    let bundle = TestManager.Bundle(
      name: "chart",
      files: [
        "Chart.yaml": "apiVersion: v2\nname: painter\nversion: 1.2.3\n",
        "values.yaml": "colour: none\nsize: 3\n",
        "templates/configmap.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "{{ .Release.Name }}-paint"}
        data: {colour: "{{ .Values.colour }}-{{ .Values.size }}", kube: "{{ .Capabilities.KubeVersion.Version }}"}
        """,
      ], options: options)
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("chart", id, .ready)
      #expect(try await fixture.configMap("charts", "paint-paint", "colour") == "green-3")
      #expect(try await fixture.configMap("charts", "paint-paint", "kube").hasPrefix("v1."))
    }
    let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
    let release = try #require(try await engine.get(ReleaseIdentity(name: "paint", namespace: "charts")))
    #expect(release.chartName == "painter" && release.chartVersion == "1.2.3")
    #expect(release.values == ["colour": "green"])
  }

  @Test("An object that the API server refuses, and a file that is no YAML, are named, and stop nothing else")
  func badObjects() async throws {
    let fixture = try Fixture()
    let bad = TestManager.Bundle(
      name: "bad", files: ["bad.yaml": yaml("x", namespace: "bad", name: "Not_A_Name")], options: options("bad"))
    let broken = TestManager.Bundle(name: "broken", files: ["deep/broken.yaml": "a: [1\nb: 2"], options: options("bad"))
    let good = TestManager.Bundle(
      name: "good", files: ["a.yaml": yaml("x", namespace: "bad", name: "good")], options: options("bad"))
    let ids = (
      try await fixture.manager.deploy(bad), try await fixture.manager.deploy(broken),
      try await fixture.manager.deploy(good)
    )
    try await fixture.run {
      try await fixture.wait("bad", ids.0, .errApplied)
      try await fixture.wait("broken", ids.1, .errApplied)
      try await fixture.wait("good", ids.2, .ready)
      #expect(await fixture.manager.status("bad")?.message(desiredID: ids.0).contains("Not_A_Name") == true)
      #expect(await fixture.manager.status("broken")?.message(desiredID: ids.1).contains("deep/broken.yaml:") == true)
      // The corrected version follows without the refused one in its way.
      var corrected = bad
      corrected.files = ["bad.yaml": yaml("x", namespace: "bad", name: "a-name")]
      let id = try await fixture.manager.deploy(corrected)
      try await fixture.wait("bad", id, .ready)
      await fixture.manager.remove("bad")
      await fixture.manager.remove("broken")
      try await eventually("both are gone") { await fixture.manager.statuses.count == 1 }
    }
  }

  @Test("An object that is deleted or becomes unready behind the agent's back is reported")
  func observed() async throws {
    let fixture = try Fixture()
    let service = """
      apiVersion: v1
      kind: Service
      metadata: {name: front, namespace: seen}
      spec: {type: LoadBalancer, selector: {a: b}, ports: [{port: 80}]}
      """
    let bundle = TestManager.Bundle(
      name: "seen", files: ["a.yaml": yaml("x", namespace: "seen"), "b.yaml": service], options: options("seen"))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("seen", id, .notReady)
      let message = await fixture.manager.status("seen")?.nonReadyStatus.first?.display ?? ""
      #expect(
        message.hasPrefix("service.v1 seen/front [progressing]")
          && message.contains("Load balancer is being provisioned"))
      try await fixture.plane.kubectl("delete", "configmap", "-n", "seen", "settings")
      try await eventually("the object is missing") {
        await fixture.manager.status("seen")?.modifiedStatus.map(\.display) == ["configmap.v1 seen/settings missing"]
      }
      try await fixture.plane.kubectl("create", "configmap", "-n", "seen", "settings")
      try await eventually("the object is another's") {
        await fixture.manager.status("seen")?.modifiedStatus.map(\.display) == [
          "configmap.v1 seen/settings is not owned by us"
        ]
      }
    }
  }

  @Test("A renamed release takes its objects along, and the old one is gone")
  func rename() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "named",
      files: ["a.yaml": yaml("x", namespace: "named"), "b.yaml": yaml("y", namespace: "named", name: "only-old")],
      options: options("named"))
    let first = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("named", first, .ready)
      let uid = try await fixture.plane.kubectl(
        "get", "configmap", "-n", "named", "settings", "-o", "jsonpath={.metadata.uid}")
      var helm = HelmOptions()
      helm.releaseName = "renamed"
      var renamed = bundle
      renamed.options.helm = helm
      renamed.files["b.yaml"] = nil
      let second = try await fixture.manager.deploy(renamed)
      try await fixture.wait("named", second, .ready)
      #expect(await fixture.revision("named") == "named/renamed:1")
      try await eventually("the old release is gone") {
        try await fixture.plane.kubectl("get", "secret", "-n", "named", "-l", "owner=helm,name=named", "-o", "name")
          .isEmpty
      }
      let names = try await fixture.plane.kubectl("get", "configmap", "-n", "named", "-o", "name")
      #expect(names.contains("settings") && !names.contains("only-old"))
      #expect(
        try await fixture.plane.kubectl("get", "configmap", "-n", "named", "settings", "-o", "jsonpath={.metadata.uid}")
          == uid)
    }
  }

  @Test("An API server that is killed while bundles are being deployed and removed delays them, and nothing more")
  func apiServerKilled() async throws {
    let fixture = try Fixture()
    var ids: [String: String] = [:]
    for index in 0..<6 {
      let name = "kill-\(index)"
      ids[name] = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: name, files: ["a.yaml": yaml("1", namespace: "kill", name: name)], options: options("kill")))
    }
    let first = ids
    try await fixture.run {
      try await fixture.wait("kill-0", first["kill-0"] ?? "", .ready)
      try await fixture.plane.killAPIServer()
      await fixture.manager.remove("kill-1")
      let changed = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: "kill-0", files: ["a.yaml": yaml("2", namespace: "kill", name: "kill-0")], options: options("kill")))
      try await fixture.plane.start()
      try await fixture.wait("kill-0", changed, .ready)
      for index in 2..<6 { try await fixture.wait("kill-\(index)", first["kill-\(index)"] ?? "", .ready) }
      try await eventually("the removed one is gone") { await fixture.manager.statuses["kill-1"] == nil }
      let names = try await fixture.plane.kubectl("get", "configmap", "-n", "kill", "-o", "name")
      #expect(!names.contains("kill-1") && names.contains("kill-5"))
      #expect(try await fixture.configMap("kill", "kill-0", "colour") == "2")
    }
  }

  @Test(
    "A release that is left over from a deployment nobody knows is removed, by an agent that begins anew only when confirmed"
  )
  func orphans() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "lost", files: ["a.yaml": yaml("x", namespace: "lost")], options: options("lost"))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run { try await fixture.wait("lost", id, .ready) }
    // As after a crash that lost the record, with the deployment gone meanwhile.
    await fixture.manager.remove("lost")
    for name in ["desired", "deployments"] {
      try FileManager.default.removeItem(atPath: "\(fixture.state.path)/state/\(name)")
    }
    let chart = HelmEngine.Fixtures.foreign
    let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
    _ = try await engine.install(ReleaseIdentity(name: "foreign", namespace: "lost"), chart: chart)
    try await fixture.run {
      // It is all that the agent has: the manager may have lost its store.
      try await eventually("the agent asks") { await fixture.manager.held == ["lost/lost"] }
      #expect(try await fixture.configMap("lost", "settings", "colour") == "x")
      await fixture.manager.confirmRemovals()
      try await eventually("the release is gone") {
        try await fixture.plane.kubectl("get", "secret", "-n", "lost", "-l", "owner=helm,name=lost", "-o", "name")
          .isEmpty
      }
    }
    #expect(try await fixture.plane.kubectl("get", "configmap", "-n", "lost", "settings", "--ignore-not-found").isEmpty)
    #expect(try await engine.status(ReleaseIdentity(name: "foreign", namespace: "lost")) == .deployed)
  }

  @Test("A crash between an installation and its record installs nothing twice")
  func adopted() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "adopted", files: ["a.yaml": yaml("x", namespace: "adopted")], options: options("adopted"))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run { try await fixture.wait("adopted", id, .ready) }
    try FileManager.default.removeItem(atPath: "\(fixture.state.path)/state/deployments")
    try await fixture.run {
      try await eventually("the record is there again") {
        let path = "\(fixture.state.path)/state/deployments"
        return (try? FileManager.default.contentsOfDirectory(atPath: path))?.filter { !$0.hasSuffix(".new") }.count == 1
      }
      let other = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: "after", files: ["a.yaml": yaml("x", namespace: "adopted", name: "after")], options: options("adopted"))
      )
      try await fixture.wait("after", other, .ready)
      #expect(await fixture.revision("adopted") == "adopted/adopted:1")
      let records = try await fixture.plane.kubectl(
        "get", "secret", "-n", "adopted", "-l", "owner=helm,name=adopted", "-o", "name")
      #expect(records.split(separator: "\n").count == 1)
    }
  }

  @Test("A bundle with a service account has that account's rights and no others; kept resources stay")
  func confined() async throws {
    let fixture = try Fixture()
    for namespace in ["cattle-fleet-system", "tenant", "foreign"] {
      try await fixture.plane.kubectl("create", "namespace", namespace)
    }
    var mine = TestManager.Bundle(
      name: "mine", files: ["a.yaml": yaml("x", namespace: "tenant")], options: options("tenant"))
    mine.options.serviceAccount = "tenant"
    mine.options.keepResources = true
    mine.options.namespaceLabels = ["team": "a"]
    let bundle = mine
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.wait("mine", id, .errApplied)
      #expect(
        await fixture.manager.status("mine")?.message(desiredID: id).contains(
          "service account cattle-fleet-system/tenant does not exist") == true)
      try await fixture.plane.kubectl("create", "serviceaccount", "-n", "cattle-fleet-system", "tenant")
      try await fixture.plane.kubectl(
        "create", "rolebinding", "-n", "tenant", "tenant", "--clusterrole=cluster-admin",
        "--serviceaccount=cattle-fleet-system:tenant")
      try await fixture.wait("mine", id, .ready)
      #expect(try await fixture.plane.kubectl("get", "ns", "tenant", "-o", "jsonpath={.metadata.labels.team}") == "a")
      var theirs = bundle
      theirs.name = "theirs"
      theirs.files = ["a.yaml": yaml("x", namespace: "foreign")]
      let refused = try await fixture.manager.deploy(theirs)
      try await fixture.wait("theirs", refused, .errApplied)
      #expect(await fixture.manager.status("theirs")?.message(desiredID: refused).contains("forbidden") == true)
      await fixture.manager.remove("mine")
      try await eventually("the deployment is gone") { await fixture.manager.statuses["mine"] == nil }
      #expect(try await fixture.configMap("tenant", "settings", "colour") == "x")
      #expect(
        try await fixture.plane.kubectl("get", "secret", "-n", "tenant", "-l", "owner=helm,name=mine", "-o", "name")
          .isEmpty)
    }
  }

  @Test("An agent enrols with its token, and then never needs it again; a second one on its state is refused")
  func enrolment() async throws {
    let fixture = try Fixture()
    let token = try JoinToken(
      managerPublicKey: fixture.manager.keyPair.publicKey.base64URL, id: "new-token", secret: "0123456789abcdef0123")
    let manager = try TestManager(endpoint: "tcp://127.0.0.1:*", keyPair: fixture.manager.keyPair)
    let server = manager.makeServer(logger: fixture.logger)
    try await fixture.beside({ try await server.run() }) {
      let endpoint = try await server.boundEndpoint()
      let values = RegistrationValues(
        managerEndpoints: [endpoint], token: token, clusterNamespace: "fleet-default", tokenName: "new-token",
        labels: ["env": "dev"])
      await manager.refuseEnrolment(RPCError(.unavailable, "not now"))
      let agent = fixture.agent(.registration(AgentValues(values)))
      try await fixture.beside({ try await agent.run() }) {
        try await eventually("it asks") { await manager.enrolments.count >= 2 }
        await manager.refuseEnrolment(nil)
        try await eventually("it has a session") { await manager.hellos.count == 1 }
        let enrolments = await manager.enrolments.count
        #expect(server.counters.connections == enrolments, "the session goes over the connection that it enrolled over")
        let request = try #require(await manager.enrolments.last)
        #expect(request.tokenId == "new-token" && request.labels == [Label(key: "env", value: "dev")])
        #expect(
          request.clientId
            == (try await fixture.plane.kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")))
        let second = await #expect(throws: AgentError.self) {
          try await fixture.agent(.registration(AgentValues(values))).run()
        }
        #expect(second?.code == .stateInUse)
      }
      let asked = await manager.enrolments.count
      let tokenless = try AgentValues(
        parsing: Array("managerEndpoints: [\(endpoint)]\nlabels: {env: dev}\n".utf8), file: "v.yaml")
      #expect(tokenless.registration == nil)
      let again = fixture.agent(.registration(tokenless))
      try await fixture.beside({ try await again.run() }) {
        try await eventually("it is back") { await manager.hellos.count == 2 }
      }
      #expect(await manager.enrolments.count == asked)
      // Values of another manager are not meant for this state.
      let stranger = try JoinToken(
        managerPublicKey: try CurveKeyPair.generate().publicKey.base64URL, id: "x", secret: "0123456789abcdef0123")
      var others = values
      others.token = stranger
      let wrong = fixture.agent(.registration(AgentValues(others)))
      let error = await #expect(throws: AgentError.self) { try await wrong.run() }
      #expect(error?.code == .registration)
    }
  }
}
