import Document
import TestSupport
import Testing

@testable import HelmEngine

/// Against a real API server; each test has a namespace of its own.
@Suite(.controlPlane) struct ReleaseTests {
  private func plane() throws -> ControlPlane { try ControlPlane.ofSuite() }

  private func engine() throws -> HelmEngine {
    HelmEngine(connection: ClusterConnection(.file(try plane().kubeconfig)), worker: workerCommand)
  }

  private func wrapped(_ manifests: String, name: String = "web", version: String = "1.2.3") throws -> Chart {
    var metadata = ChartMetadata(name: name, version: version, appVersion: "7.0")
    metadata.addAnnotations(["fleet.cattle.io/bundle-id": "demo"])
    return try Chart.wrapping(manifests: manifests, metadata: metadata)
  }

  @Test("a release is installed, upgraded, listed, read and removed, under the original chart's name and version")
  func lifecycle() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "shop", namespace: "lifecycle")
    #expect(try await engine.status(release) == nil)

    var options = DeployOptions()
    options.labels = ["fleet": "yes"]
    let first = try await engine.install(
      release, chart: wrapped(configMap("a", ["text": "{{ .Values.x }}"])), values: ["x": 1], options: options)
    #expect(first.revision == 1)
    #expect(first.status == .deployed)
    #expect(
      try await plane().kubectl("-n", "lifecycle", "get", "cm", "a", "-o", "jsonpath={.data.text}") == "{{ .Values.x }}"
    )

    let second = try await engine.upgrade(
      release, chart: wrapped(configMap("b"), version: "1.3.0"), values: ["y": 2], options: options)
    #expect(second.revision == 2)
    let names = try await plane().kubectl("-n", "lifecycle", "get", "cm", "-o", "name").split(separator: "\n")
    #expect(names.contains("configmap/b") && !names.contains("configmap/a"))

    #expect(try await engine.history(release).map(\.status) == [.superseded, .deployed])
    let listed = try #require(try await engine.list(namespace: nil, selector: "fleet=yes").first)
    #expect(listed.identity == release)
    #expect(listed.chartName == "web")
    #expect(listed.chartVersion == "1.3.0")
    #expect(listed.appVersion == "7.0")
    #expect(try await engine.list(namespace: nil, selector: "fleet=no").isEmpty)
    #expect(try await engine.list(namespace: "default").isEmpty)

    let stored = try #require(try await engine.get(release))
    #expect(stored.values == ["y": 2])
    #expect(stored.annotations["fleet.cattle.io/bundle-id"] == "demo")
    #expect(stored.manifest.contains("name: b"))
    #expect(try await engine.get(release, revision: 1)?.values == ["x": 1])
    #expect(try await engine.get(release, revision: 9) == nil)

    try await engine.rollback(release)
    #expect(try await engine.get(release)?.values == ["x": 1])
    #expect(try await engine.history(release).map(\.revision) == [2, 3], "history is limited to two")

    try await engine.uninstall(release)
    #expect(try await engine.status(release) == nil)
    #expect(try await !plane().kubectl("-n", "lifecycle", "get", "cm", "-o", "name").contains("configmap/a"))
    try await engine.uninstall(release)
  }

  @Test("install-or-upgrade does what the release's state asks for")
  func installOrUpgrade() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "either", namespace: "either")
    #expect(try await engine.installOrUpgrade(release, chart: wrapped(configMap("a"))).revision == 1)
    #expect(try await engine.installOrUpgrade(release, chart: wrapped(configMap("b"))).revision == 2)
    var keep = UninstallOptions()
    keep.keepHistory = true
    try await engine.uninstall(release, options: keep)
    #expect(try await engine.status(release) == .uninstalled)
    #expect(try await engine.installOrUpgrade(release, chart: wrapped(configMap("c"))).status == .deployed)
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.install(release, chart: wrapped(configMap("c")))
    }
    #expect(error?.code == .conflict, "\(error?.message ?? "")")
  }

  @Test("releases are installed side by side, and one release's operations one after another")
  func parallel() async throws {
    let engine = try engine()
    try await plane().kubectl("create", "namespace", "parallel")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let release = ReleaseIdentity(name: "release-\(index % 4)", namespace: "parallel")
          let chart = try wrapped(configMap("object-\(index)"))
          _ = try await engine.installOrUpgrade(release, chart: chart)
        }
      }
      try await group.waitForAll()
    }
    let releases = try await engine.list(namespace: "parallel")
    #expect(releases.map(\.revision) == [2, 2, 2, 2])
    #expect(releases.allSatisfy { $0.status == .deployed })
  }

  @Test("fields that others changed come back with an upgrade")
  func driftedFields() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "drift", namespace: "drift")
    _ = try await engine.install(release, chart: wrapped(configMap("a", ["k": "wanted"])))
    try await plane().kubectl("-n", "drift", "patch", "cm", "a", "--type=merge", "-p", #"{"data":{"k":"changed"}}"#)
    _ = try await engine.upgrade(release, chart: wrapped(configMap("a", ["k": "wanted"])))
    #expect(try await plane().kubectl("-n", "drift", "get", "cm", "a", "-o", "jsonpath={.data.k}") == "wanted")
  }

  @Test("objects of others are adopted only when that is asked for")
  func ownership() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "owner", namespace: "owner")
    try await plane().kubectl("create", "namespace", "owner")
    try await plane().kubectl("-n", "owner", "create", "configmap", "a", "--from-literal=k=v")
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.install(release, chart: wrapped(configMap("a", ["k": "w"])))
    }
    #expect(error?.code == .conflict, "\(error?.message ?? "")")
    var options = DeployOptions()
    options.takeOwnership = true
    _ = try await engine.installOrUpgrade(release, chart: wrapped(configMap("a", ["k": "w"])), options: options)
    #expect(try await plane().kubectl("-n", "owner", "get", "cm", "a", "-o", "jsonpath={.data.k}") == "w")
  }

  @Test("waiting ends with a time-out, and atomic removes what was installed")
  func timeout() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "slow", namespace: "slow")
    // No controller runs here, so a Deployment never becomes ready.
    let deployment = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: slow}
      spec:
        selector: {matchLabels: {a: b}}
        template:
          metadata: {labels: {a: b}}
          spec: {containers: [{name: c, image: i}]}
      """
    var options = DeployOptions()
    options.timeoutSeconds = 2
    options.atomic = true
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.install(release, chart: wrapped(deployment), options: options)
    }
    #expect(error?.code == .timeout, "\(error?.message ?? "")")
    #expect(try await engine.status(release) == nil)
  }

  @Test("what the API server refuses is told in its own words, and the next installation of that name works")
  func refused() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "bad", namespace: "refused")
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.install(
        release, chart: wrapped("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name}\n"))
    }
    #expect(error?.message.contains("Not_A_Name") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("refused/bad") == true)
    #expect(try await engine.status(release) == .failed)
    #expect(try await engine.installOrUpgrade(release, chart: wrapped(configMap("a"))).status == .deployed)
  }

  @Test("lookup sees the cluster's objects only when it is asked to")
  func lookup() async throws {
    let engine = try engine()
    let template = "found: {{ (lookup \"v1\" \"Namespace\" \"\" \"default\") | empty | not }}\n"
    let release = ReleaseIdentity(name: "look", namespace: "default")
    var options = RenderOptions()
    #expect(
      try await engine.render(chart: chart(template: template), release: release).manifests.contains("found: false"))
    options.lookup = true
    let seen = try await engine.render(chart: chart(template: template), release: release, options: options)
    #expect(seen.manifests.contains("found: true"))
  }

  @Test("an impersonated user has that user's rights alone")
  func impersonation() async throws {
    let nobody = try engine().connected(
      by: ClusterConnection(.file(try plane().kubeconfig), impersonatedUser: "system:serviceaccount:x:nobody"))
    let error = await #expect(throws: HelmError.self) { _ = try await nobody.list(namespace: "default") }
    #expect(error?.message.contains("forbidden") == true, "\(error?.message ?? "")")
  }

  @Test("a dry run changes nothing")
  func dryRun() async throws {
    let engine = try engine()
    var options = DeployOptions()
    options.dryRun = true
    let release = ReleaseIdentity(name: "dry", namespace: "default")
    let planned = try await engine.install(release, chart: wrapped(configMap("dry")), options: options)
    #expect(planned.manifest.contains("name: dry"))
    #expect(try await engine.status(release) == nil)
    #expect(try await !plane().kubectl("get", "cm", "-o", "name").contains("configmap/dry"))
  }

  @Test("a cluster that does not answer is told apart from other failures")
  func unreachable() async throws {
    let kubeconfig = """
      apiVersion: v1
      kind: Config
      current-context: c
      clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
      users: [{name: u, user: {token: t}}]
      contexts: [{name: c, context: {cluster: c, user: u}}]
      """
    let engine = HelmEngine(connection: ClusterConnection(.text(kubeconfig)), worker: workerCommand)
    let error = await #expect(throws: HelmError.self) { _ = try await engine.list(namespace: nil) }
    #expect(error?.code == .clusterUnreachable, "\(error?.message ?? "")")
  }
}
