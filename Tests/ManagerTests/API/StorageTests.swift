import Document
import Fleet
import Foundation
import KubeServer
import Store
import Testing

@testable import Manager

@Suite struct StorageTests {
  private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "flotilla-storage-\(UUIDText.make())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let store = try await SQLiteStore(path: directory.path)
    try await body(store)
    try await store.close()
  }

  private func storage(_ kind: String, _ store: any Store) throws -> any ResourceStorage {
    let kinds = ServedKinds.all(
      store: store, contents: ContentCache(store: store),
      renderer: DeploymentRenderer(store: store, payloads: PayloadCache(store: store)),
      presence: Presence())
    return try #require(kinds.first { $0.0.kind == kind }?.1)
  }

  private func configMap(_ name: String, _ value: String = "1") -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "n"],
      "data": ["k": .string(value)],
    ]
  }

  @Test("pages continue where the last one ended, and all carry the first one's revision")
  func pages() async throws {
    try await withStore { store in
      let storage = try storage("ConfigMap", store)
      for name in ["a", "b", "c", "d", "e"] { _ = try await storage.create(configMap(name)) }
      let first = try await storage.list(namespace: nil, limit: 2, continue: nil)
      _ = try await storage.create(configMap("cc"))
      let second = try await storage.list(namespace: nil, limit: 10, continue: first.continue)
      #expect(
        (first.items + second.items).map { $0.at("metadata", "name")?.string } == ["a", "b", "c", "cc", "d", "e"])
      #expect(second.resourceVersion == first.resourceVersion)
      #expect(second.continue == nil)
      await #expect(throws: KubeError.self) {
        _ = try await storage.list(namespace: nil, limit: 1, continue: "nonsense")
      }
    }
  }

  @Test("an update of an older version is a conflict, and nothing is lost")
  func conflicts() async throws {
    try await withStore { store in
      let storage = try storage("ConfigMap", store)
      let created = try await storage.create(configMap("a"))
      var newer = created
      newer.set("2", at: "data", "k")
      _ = try await storage.update(newer)
      var older = created
      older.set("3", at: "data", "k")
      let error = await #expect(throws: KubeError.self) { _ = try await storage.update(older) }
      #expect(error?.code == .conflict)
      #expect(try await storage.get(namespace: "n", name: "a")?.at("data", "k") == "2")
      let twice = await #expect(throws: KubeError.self) { _ = try await storage.create(configMap("a")) }
      #expect(twice?.code == .alreadyExists)
    }
  }

  @Test("a watch sees every change of its namespace after its revision, with the object before it")
  func watching() async throws {
    try await withStore { store in
      let storage = try storage("ConfigMap", store)
      let created = try await storage.create(configMap("a"))
      let start = created.at("metadata", "resourceVersion")?.string
      var changed = created
      changed.set("2", at: "data", "k")
      _ = try await storage.update(changed)
      _ = try await storage.delete(namespace: "n", name: "a", resourceVersion: nil)
      var iterator = try await storage.watch(namespace: "n", resourceVersion: start).makeAsyncIterator()
      guard case .modified(let old, let new) = try await iterator.next() else {
        Issue.record("expected a modification first")
        return
      }
      #expect(old.at("data", "k") == "1")
      #expect(new.at("data", "k") == "2")
      guard case .deleted(let last) = try await iterator.next() else {
        Issue.record("expected a deletion next")
        return
      }
      #expect(last.at("data", "k") == "2")
    }
  }

  @Test("a Bundle's files are kept as one shared blob and come back whole")
  func bundleContents() async throws {
    try await withStore { store in
      let storage = try storage("Bundle", store)
      func bundle(_ name: String) -> Value {
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
          "metadata": ["name": .string(name), "namespace": "n"],
          "spec": [
            "resources": [["name": "a.yaml", "content": "kind: A"], ["name": "b.yaml", "content": "kind: B"]]
          ],
        ]
      }
      for name in ["one", "two"] { _ = try await storage.create(bundle(name)) }
      #expect(try await store.blobDigests(storedBefore: .distantFuture).count == 1)
      let stored = try #require(try await store.get(ObjectKey(kind: StoredKind.bundles, namespace: "n", name: "one")))
      #expect(!String(decoding: stored.body, as: UTF8.self).contains("kind: A"))
      let served = try #require(try await storage.get(namespace: "n", name: "one"))
      #expect(served.at("spec", "resources") == bundle("one").at("spec", "resources"))
      #expect(served["content"] == nil)
    }
  }

  @Test("a BundleDeployment is rendered without Helm values, and only the manager writes it")
  func deployments() async throws {
    try await withStore { store in
      let storage = try storage("BundleDeployment", store)
      var options = BundleDeploymentOptions()
      options.helm = HelmOptions()
      options.helm?.values = ["password": "hunter2"]
      options.helm?.releaseName = "web"
      let payload = DeploymentPayload(
        bundleName: "web", bundleNamespace: "fleet-default", manifestID: "s-1", deploymentID: "s-1:2", options: options)
      let digest = try await store.putBlob(payload.encoded())
      let version = DeploymentRecord.Version(deploymentID: "s-1:2", content: digest.hex, payload: digest.hex)
      let record = DeploymentRecord(
        uid: "u", created: "2026-01-01T00:00:00Z", generation: 3,
        bundle: ObjectName(namespace: "fleet-default", name: "web"),
        cluster: ObjectName(namespace: "fleet-default", name: "one"), current: version, staged: version, paused: false,
        error: "")
      let key = record.key(deploymentNamespace: "cluster-one")
      _ = try await store.commit([.put(key, record.encoded())])
      let served = try #require(try await storage.get(namespace: "cluster-one", name: "web"))
      #expect(served.at("spec", "deploymentID") == "s-1:2")
      #expect(served.at("spec", "options", "helm", "releaseName") == "web")
      #expect(!JSON.string(served).contains("hunter2"))
      #expect(served.at("metadata", "labels", "fleet.cattle.io/cluster") == "one")
      #expect(served.at("status", "display", "state") == "WaitApplied")
      let refused = await #expect(throws: KubeError.self) { _ = try await storage.update(served) }
      #expect(refused?.code == .forbidden)
    }
  }
}
