import Document
import Fleet
import Store
import Testing

@testable import Manager

@Suite struct CommitToDeploymentTests {
  private func gitRepo(_ name: String, url: String, targets: Value? = nil, paths: Value = ["."]) -> Value {
    var spec: [String: Value] = ["repo": .string(url), "branch": "main", "paths": paths, "pollingInterval": "1s"]
    if let targets { spec["targets"] = targets }
    return [
      "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "GitRepo",
      "metadata": ["name": .string(name), "namespace": "fleet-local"], "spec": .object(spec),
    ]
  }

  private static let namespace = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: monitoring, annotations: {owner: platform}}
    """

  @Test("a commit becomes a bundle and a deployment for the local cluster, and its status comes back up to the GitRepo")
  func commitToStatus() async throws {
    let bench = try await ControllerBench()
    let repo = try await bench.repository(["namespace/namespace.yaml": Self.namespace])
    try await bench.objects.create(
      gitRepo("simple-namespace", url: "file://\(repo.path)", paths: ["namespace"]), kind: StoredKind.gitRepos)

    let clusterNamespace = "cluster-fleet-local-local-1a3d67d0a899"
    let key = bench.key(StoredKind.bundleDeployments, clusterNamespace, "simple-namespace-namespace")
    let record = try #require(try await bench.object(key) { $0["current"] != nil })
    let version = try #require(record.at("current", "id")?.string)

    let repoKey = bench.key(StoredKind.gitRepos, "fleet-local", "simple-namespace")
    let waiting = try #require(
      try await bench.object(repoKey) {
        Conditions($0.at("status", "conditions"))["Ready"]?.message == "WaitApplied(1) [Cluster fleet-local/local]"
      })
    #expect(waiting.at("status", "display", "readyBundleDeployments") == "0/1")
    #expect(waiting.at("status", "gitJobStatus") == "Current")

    var status = BundleDeploymentStatus()
    status.recordDeployed(
      deploymentID: version, release: "default/simple-namespace-namespace:1", syncGeneration: 0,
      at: Timestamp(seconds: 0))
    status.recordObserved(BundleDeploymentStatus.Observation(), at: Timestamp(seconds: 0))
    _ = try await bench.store.commit([.put(key.status, JSON.encode(status.value))])

    let ready = try #require(
      try await bench.object(repoKey) { $0.at("status", "display", "readyBundleDeployments") == "1/1" })
    #expect(ready.at("status", "commit")?.string?.utf8.count == 40)
    #expect(
      try await bench.object(repoKey) { Conditions($0.at("status", "conditions"))["Ready"]?.isTrue == true } != nil)
    #expect(
      try await bench.object(bench.key(StoredKind.clusterGroups, "fleet-local", "default")) {
        $0.at("status", "display", "readyClusters") == "1/1"
      } != nil)
    await bench.stop()
  }

  @Test("a second commit changes the deployment; a removed directory and a deleted GitRepo take theirs away")
  func changeAndRemoval() async throws {
    let bench = try await ControllerBench()
    let repo = try await bench.repository([
      "a/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
      "b/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    ])
    try await bench.objects.create(
      gitRepo("r", url: "file://\(repo.path)", paths: ["a", "b"]), kind: StoredKind.gitRepos)
    let namespace = "cluster-fleet-local-local-1a3d67d0a899"
    let a = bench.key(StoredKind.bundleDeployments, namespace, "r-a")
    let b = bench.key(StoredKind.bundleDeployments, namespace, "r-b")
    let first = try #require(try await bench.object(a) { $0["current"] != nil })
    #expect(try await bench.object(b) { $0["current"] != nil } != nil)

    try await bench.commit(["a/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a2}\n"], to: repo)
    #expect(try await bench.object(a) { $0.at("current", "id") != first.at("current", "id") } != nil)

    try await bench.objects.mutate(bench.key(StoredKind.gitRepos, "fleet-local", "r")) {
      $0.set(["a"], at: "spec", "paths")
      $0.set(2, at: "metadata", "generation")
    }
    #expect(try await bench.isGone(b))
    try await bench.objects.delete(bench.key(StoredKind.gitRepos, "fleet-local", "r"))
    #expect(try await bench.isGone(bench.key(StoredKind.gitRepos, "fleet-local", "r")))
    #expect(try await bench.objects.get(a) == nil)
    await bench.stop()
  }

  @Test("a cluster that loses the label loses the deployment, and no other cluster is touched")
  func labels() async throws {
    let bench = try await ControllerBench()
    for (name, env) in [("one", "dev"), ("two", "prod")] {
      try await bench.objects.create(
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Cluster",
          "metadata": ["name": .string(name), "namespace": "fleet-local", "labels": ["env": .string(env)]],
          "spec": [:],
        ], kind: StoredKind.clusters)
    }
    let repo = try await bench.repository(["cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"])
    try await bench.objects.create(
      gitRepo(
        "dev", url: "file://\(repo.path)", targets: [["clusterSelector": ["matchLabels": ["env": "dev"]]]]),
      kind: StoredKind.gitRepos)
    let one = Names.clusterNamespace(registrationNamespace: "fleet-local", cluster: "one")
    let two = Names.clusterNamespace(registrationNamespace: "fleet-local", cluster: "two")
    #expect(try await bench.object(bench.key(StoredKind.bundleDeployments, one, "dev")) { _ in true } != nil)
    #expect(try await bench.objects.get(bench.key(StoredKind.bundleDeployments, two, "dev")) == nil)
    try await bench.objects.mutate(bench.key(StoredKind.clusters, "fleet-local", "one")) {
      $0.set(nil, at: "metadata", "labels", "env")
    }
    #expect(try await bench.isGone(bench.key(StoredKind.bundleDeployments, one, "dev")))
    await bench.stop()
  }

  @Test("an option that has no effect yet is named in the GitRepo's condition Warnings, and nothing else suffers")
  func unsupportedOptions() async throws {
    let bench = try await ControllerBench()
    let repo = try await bench.repository(["cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"])
    var object = gitRepo("leaving", url: "file://\(repo.path)")
    object.set("signing", at: "spec", "webhookSecret")
    try await bench.objects.create(object, kind: StoredKind.gitRepos)
    let built = try #require(
      try await bench.object(bench.key(StoredKind.gitRepos, "fleet-local", "leaving")) {
        $0.at("status", "gitJobStatus") == "Current"
      })
    let warning = Conditions(built.at("status", "conditions"))["Warnings"]?.message ?? ""
    #expect(warning.contains("spec.webhookSecret"))
    await bench.stop()
  }

  @Test("a repository that cannot be reached says so in its own conditions and holds up no other")
  func unreachable() async throws {
    let bench = try await ControllerBench()
    try await bench.objects.create(
      gitRepo("gone", url: "file://\(bench.directory.path)/nowhere"), kind: StoredKind.gitRepos)
    let repo = try await bench.repository(["cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"])
    try await bench.objects.create(gitRepo("good", url: "file://\(repo.path)"), kind: StoredKind.gitRepos)
    #expect(
      try await bench.object(bench.key(StoredKind.gitRepos, "fleet-local", "good")) {
        $0.at("status", "gitJobStatus") == "Current"
      } != nil)
    let gone = try #require(
      try await bench.object(bench.key(StoredKind.gitRepos, "fleet-local", "gone")) {
        let conditions = Conditions($0.at("status", "conditions"))
        return conditions["GitPolling"]?.isFalse == true && conditions["Ready"]?.isFalse == true
      })
    #expect(Conditions(gone.at("status", "conditions"))["Ready"]?.message.contains("nowhere") == true)
    await bench.stop()
  }

  @Test("a change reaches as many clusters at a time as may be unavailable, and goes on as they become ready")
  func rollout() async throws {
    let bench = try await ControllerBench()
    let clusters = ["one", "two", "three"]
    for name in clusters {
      try await bench.objects.create(
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Cluster",
          "metadata": ["name": .string(name), "namespace": "fleet-local", "labels": ["env": "dev"]], "spec": [:],
        ], kind: StoredKind.clusters)
    }
    func files(_ value: String) -> [String: String] {
      [
        "fleet.yaml": "rolloutStrategy: {maxUnavailable: 1}\n",
        "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: \"\(value)\"}\n",
      ]
    }
    let repo = try await bench.repository(files("1"))
    try await bench.objects.create(
      gitRepo("r", url: "file://\(repo.path)", targets: [["clusterSelector": ["matchLabels": ["env": "dev"]]]]),
      kind: StoredKind.gitRepos)
    let keys = clusters.map { name in
      bench.key(
        StoredKind.bundleDeployments, Names.clusterNamespace(registrationNamespace: "fleet-local", cluster: name), "r")
    }
    func report(_ key: ObjectKey) async throws {
      let record = try #require(try await bench.object(key) { $0["current"] != nil })
      var status = BundleDeploymentStatus()
      status.recordDeployed(
        deploymentID: record.at("current", "id")?.string ?? "", release: "default/r:1", syncGeneration: 0,
        at: Timestamp(seconds: 0))
      status.recordObserved(BundleDeploymentStatus.Observation(), at: Timestamp(seconds: 0))
      _ = try await bench.store.commit([.put(key.status, JSON.encode(status.value))])
    }
    for key in keys { try await report(key) }
    let bundle = bench.key(StoredKind.bundles, "fleet-local", "r")
    #expect(try await bench.object(bundle) { $0.at("status", "display", "readyClusters") == "3/3" } != nil)
    let first = try #require(try await bench.objects.get(keys[0])?.at("current", "id"))

    try await bench.commit(files("2"), to: repo)
    for expected in 1...3 {
      let released = try await bench.settled { objects in
        var released: [ObjectKey] = []
        for key in keys where try await objects.get(key)?.at("current", "id") != first { released.append(key) }
        return released
      } until: {
        $0.count >= expected
      }
      #expect(released.count == expected, "no more clusters at a time than may be unavailable")
      for key in released { try await report(key) }
    }
    #expect(try await bench.object(bundle) { $0.at("status", "display", "readyClusters") == "3/3" } != nil)
    await bench.stop()
  }
}
