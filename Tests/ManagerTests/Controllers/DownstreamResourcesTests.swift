import Document
import Fleet
import Store
import Testing

@testable import Manager

@Suite("Secrets and ConfigMaps that bundles copy downstream") struct DownstreamResourcesTests {
  private func bundle(copying resources: Value) -> Value {
    [
      "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
      "metadata": ["name": "app", "namespace": "fleet-local"],
      "spec": [
        "downstreamResources": resources, "targets": [["clusterSelector": [:]]],
        "resources": [["name": "a.yaml", "content": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"]],
      ],
    ]
  }

  private func secret(_ password: String) -> Value {
    [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "registry", "namespace": "fleet-local"],
      "data": ["password": .string(password)],
    ]
  }

  @Test("A missing one is named and holds only its bundle up; a change reaches agents with the same deployment id")
  func follow() async throws {
    let bench = try await ControllerBench()
    let key = bench.key(StoredKind.bundleDeployments, "cluster-fleet-local-local-1a3d67d0a899", "app")
    try await bench.objects.create(
      try await stored(bundle(copying: [["kind": "SECRET", "name": "registry"]]), in: bench), kind: StoredKind.bundles)
    let waiting = try #require(try await bench.object(key) { $0["error"] != nil })
    #expect(
      waiting["error"]?.string
        == "downstreamResources: Secret fleet-local/registry does not exist; create it there")
    #expect(waiting["current"] == nil)

    try await bench.objects.create(secret("b2xk"), kind: StoredKind.secrets)
    let first = try #require(try await bench.object(key) { $0["current"] != nil })
    #expect(try await copies(in: first, of: bench) == ["b2xk"])
    #expect(first["error"] == nil)

    try await bench.objects.mutate(bench.key(StoredKind.secrets, "fleet-local", "registry")) {
      $0.set("bmV3", at: "data", "password")
    }
    let second = try #require(
      try await bench.object(key) { $0.at("current", "payload") != first.at("current", "payload") })
    #expect(second.at("current", "id") == first.at("current", "id"))
    #expect(try await copies(in: second, of: bench) == ["bmV3"])
    await bench.stop()
  }

  @Test("More than the limit of bytes or entries is refused, and names the limit")
  func limits() async throws {
    let bench = try await ControllerBench()
    var options = BundleDeploymentOptions()
    let big = String(repeating: "A", count: Fleet.Limits.downstreamBytes / 4)
    for name in ["a", "b", "c", "d"] {
      options.downstreamResources.append(DownstreamResource(kind: "ConfigMap", name: name))
      try await bench.objects.create(
        [
          "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "n"],
          "data": ["big": .string(big)],
        ], kind: StoredKind.configMaps)
    }
    let over = options
    let error = await #expect(throws: ManagerError.self) {
      try await DownstreamSources.copies(for: over, namespace: "n", in: bench.store)
    }
    #expect(error?.message == "downstreamResources: more than 4 MiB are to be copied; split the bundle")
    var few = options
    few.downstreamResources.removeLast()
    #expect(try await DownstreamSources.copies(for: few, namespace: "n", in: bench.store).count == 3)
    few.downstreamResources = (0...Fleet.Limits.downstreamResources).map {
      DownstreamResource(kind: "Secret", name: "s\($0)")
    }
    let many = few
    await #expect(throws: ManagerError.self) {
      try await DownstreamSources.copies(for: many, namespace: "n", in: bench.store)
    }
    await bench.stop()
  }

  @Test("A join token is never copied")
  func tokens() async throws {
    let bench = try await ControllerBench()
    var token = secret("c2VjcmV0")
    token["type"] = .string(TokenController.secretType)
    try await bench.objects.create(token, kind: StoredKind.secrets)
    var options = BundleDeploymentOptions()
    options.downstreamResources = [DownstreamResource(kind: "Secret", name: "registry")]
    let asking = options
    let error = await #expect(throws: ManagerError.self) {
      try await DownstreamSources.copies(for: asking, namespace: "fleet-local", in: bench.store)
    }
    #expect(error?.message.contains("is not copied") == true)
    await bench.stop()
  }

  /// A Bundle as the API keeps it.
  private func stored(_ bundle: Value, in bench: ControllerBench) async throws -> Value {
    try JSON.parse(try await BundleCodec(contents: bench.contents).stored(bundle))
  }

  private func copies(in record: Value, of bench: ControllerBench) async throws -> [String] {
    let digest = try #require(record.at("current", "payload")?.string.flatMap { BlobDigest(hex: $0) })
    let payload = try DeploymentPayload(decoding: try #require(try await bench.store.blob(digest)))
    return payload.copies.compactMap { $0.value.at("data", "password")?.string }
  }
}
