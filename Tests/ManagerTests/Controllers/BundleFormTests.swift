import Document
import Fleet
import Store
import Testing

@testable import Manager

/// What becomes of a bundle between git and its clusters: where values are kept, what kustomize makes of it, and which
/// other namespaces it reaches.
@Suite struct BundleFormTests {
  private static let localNamespace = "cluster-fleet-local-local-1a3d67d0a899"

  private func create(_ bench: ControllerBench, gitRepo name: String, url: String, paths: [String] = ["."]) async throws
  {
    try await bench.objects.create(
      [
        "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "GitRepo",
        "metadata": ["name": .string(name), "namespace": "fleet-local"],
        "spec": [
          "repo": .string(url), "branch": "main", "paths": .array(paths.map(Value.string)), "pollingInterval": "1s",
          "targets": [["clusterSelector": [:]]],
        ],
      ], kind: StoredKind.gitRepos)
  }

  private static func chart(values: String) -> [String: String] {
    [
      "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
      "app/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: {{ .Values.a }}}\n",
      "app/fleet.yaml": """
      helm:
        values: {a: \(values)}
      targetCustomizations:
      - name: everything
        clusterSelector: {}
        helm: {values: {b: two}}
      """,
    ]
  }

  @Test("values of a bundle lie in a Secret of its name, reach its deployments, and go with it")
  func valuesSecret() async throws {
    let bench = try await ControllerBench()
    let repo = try await bench.repository(Self.chart(values: "one"))
    try await create(bench, gitRepo: "r", url: "file://\(repo.path)", paths: ["app"])
    let key = bench.key(StoredKind.bundleDeployments, Self.localNamespace, "r-app")
    let first = try #require(try await bench.object(key) { $0["current"] != nil })
    let bundle = try #require(try await bench.objects.get(bench.key(StoredKind.bundles, "fleet-local", "r-app")))
    #expect(bundle.at("spec", "valuesHash")?.string?.isEmpty == false)
    #expect(!JSON.string(bundle).contains("\"one\"") && !JSON.string(bundle).contains("\"two\""))

    let secretKey = bench.key(StoredKind.secrets, "fleet-local", "r-app")
    let secret = try #require(try await bench.objects.get(secretKey))
    #expect(secret["type"] == "fleet.cattle.io/bundle-values/v1alpha1")
    let data = secret["data"]?.stringMap ?? [:]
    #expect(Set(data.keys) == ["values.yaml", "everything"])
    #expect(secret.at("metadata", "ownerReferences")?[0]?["uid"] == bundle.at("metadata", "uid"))

    let payload = try await payload(bench, first)
    #expect(payload.options.helm?.values == ["a": "one", "b": "two"])

    try await bench.commit(Self.chart(values: "three"), to: repo)
    let second = try #require(try await bench.object(key) { $0.at("current", "id") != first.at("current", "id") })
    #expect(try await self.payload(bench, second).options.helm?.values == ["a": "three", "b": "two"])
    let after = try #require(try await bench.objects.get(bench.key(StoredKind.bundles, "fleet-local", "r-app")))
    #expect(
      Conditions(after.at("status", "conditions"))["Targeted"]?.isTrue == true,
      "a bundle and its values are never seen apart")

    try await bench.objects.delete(bench.key(StoredKind.gitRepos, "fleet-local", "r"))
    #expect(try await bench.isGone(bench.key(StoredKind.bundles, "fleet-local", "r-app")))
    #expect(try await bench.isGone(secretKey))
    await bench.stop()
  }

  private func payload(_ bench: ControllerBench, _ record: Value) async throws -> DeploymentPayload {
    let digest = try #require(record.at("current", "payload")?.string.flatMap(BlobDigest.init(hex:)))
    return try DeploymentPayload(decoding: try #require(try await bench.store.blob(digest)))
  }

  @Test("a kustomization is built once for the clusters that share it, and one that fails is named where it fails")
  func kustomization() async throws {
    let bench = try await ControllerBench()
    let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: y}\n"
    let repo = try await bench.repository([
      "base/kustomization.yaml": "namePrefix: pre-\nresources: [cm.yaml]\n", "base/cm.yaml": configMap,
      "broken/kustomization.yaml": "resources: [missing.yaml]\n",
      "fleet.yaml": """
      kustomize: {dir: base}
      targetCustomizations:
      - name: odd
        clusterSelector: {matchLabels: {odd: "yes"}}
        kustomize: {dir: broken}
      """,
    ])
    for (name, odd) in [("one", "no"), ("two", "no"), ("three", "yes")] {
      try await bench.objects.create(
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Cluster",
          "metadata": ["name": .string(name), "namespace": "fleet-local", "labels": ["odd": .string(odd)]],
          "spec": [:],
        ], kind: StoredKind.clusters)
    }
    try await create(bench, gitRepo: "k", url: "file://\(repo.path)")
    func key(_ cluster: String) -> ObjectKey {
      let namespace = Names.clusterNamespace(registrationNamespace: "fleet-local", cluster: cluster)
      return bench.key(StoredKind.bundleDeployments, namespace, "k")
    }
    let one = try #require(try await bench.object(key("one")) { $0["current"] != nil })
    let two = try #require(try await bench.object(key("two")) { $0["current"] != nil })
    #expect(one["current"] == two["current"])
    let digest = try #require(one.at("current", "content")?.string.flatMap(BlobDigest.init(hex:)))
    let payload = try await payload(bench, one)
    let manifest = try Manifest(
      blob: try #require(try await bench.store.blob(digest)), expecting: payload.manifestID)
    #expect(manifest.resources.map(\.name) == [KustomizeBuilds.fileName])
    #expect(
      try manifest.resources.first.map { try YAML.parse(try $0.bytes()) }?.first?.at("metadata", "name") == "pre-a")
    #expect(DeploymentID.manifestID(of: payload.deploymentID) != payload.manifestID, "the id is of the files in git")

    let three = try #require(try await bench.object(key("three")) { $0["error"] != nil })
    #expect(three["error"]?.string?.contains("missing.yaml") == true)
    #expect(three["current"] == nil)
    await bench.stop()
  }

  @Test("a bundle reaches clusters of another namespace through a mapping that selects both, and only then")
  func namespaceMapping() async throws {
    let bench = try await ControllerBench()
    for namespace in ["team-a", "team-b"] {
      try await bench.objects.create(
        [
          "apiVersion": "v1", "kind": "Namespace",
          "metadata": ["name": .string(namespace), "labels": ["team": .string(namespace)]],
        ], kind: StoredKind.namespaces)
      try await bench.objects.create(
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Cluster",
          "metadata": ["name": "far", "namespace": .string(namespace)], "spec": [:],
        ], kind: StoredKind.clusters)
    }
    let repo = try await bench.repository([
      "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "fleet.yaml": "labels: {shared: \"yes\"}\n",
    ])
    try await create(bench, gitRepo: "m", url: "file://\(repo.path)")
    func key(_ namespace: String) -> ObjectKey {
      bench.key(
        StoredKind.bundleDeployments, Names.clusterNamespace(registrationNamespace: namespace, cluster: "far"), "m")
    }
    let local = bench.key(StoredKind.bundleDeployments, Self.localNamespace, "m")
    #expect(try await bench.object(local) { _ in true } != nil)
    #expect(try await bench.objects.get(key("team-a")) == nil)

    try await bench.objects.create(
      [
        "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "BundleNamespaceMapping",
        "metadata": ["name": "share", "namespace": "fleet-local"],
        "bundleSelector": ["matchLabels": ["shared": "yes"]],
        "namespaceSelector": ["matchLabels": ["team": "team-a"]],
      ], kind: StoredKind.bundleNamespaceMappings)
    #expect(try await bench.object(key("team-a")) { $0["current"] != nil } != nil)
    #expect(try await bench.objects.get(key("team-b")) == nil)

    try await bench.objects.mutate(bench.key(StoredKind.namespaces, "", "team-b")) {
      $0.set("team-a", at: "metadata", "labels", "team")
    }
    #expect(try await bench.object(key("team-b")) { $0["current"] != nil } != nil)

    try await bench.objects.delete(bench.key(StoredKind.bundleNamespaceMappings, "fleet-local", "share"))
    for namespace in ["team-a", "team-b"] { #expect(try await bench.isGone(key(namespace))) }
    #expect(try await bench.objects.get(local) != nil)
    await bench.stop()
  }
}
