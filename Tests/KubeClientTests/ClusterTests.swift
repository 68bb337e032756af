import Document
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("KubeClient against a real kube-apiserver", .serialized, .controlPlane) struct ClusterTests {
  private func withClient<Result: Sendable>(
    limits: KubeClientLimits = .init(), _ change: (inout KubeConfig) -> Void = { _ in },
    _ body: (KubeClient) async throws -> Result
  ) async throws -> Result {
    var config = try KubeConfig.load(path: ControlPlane.ofSuite().kubeconfig)
    change(&config)
    let client = try KubeClient(
      config: config, userAgent: "flotilla-test", limits: limits, logger: Logger(label: "test"))
    do {
      let result = try await body(client)
      await client.shutdown()
      return result
    } catch {
      await client.shutdown()
      throw error
    }
  }

  private func configMap(_ name: String, _ data: [String: String], labels: [String: String] = [:]) -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": ["name": .string(name), "namespace": "default", "labels": Value(labels)],
      "data": Value(data),
    ]
  }

  private func code(_ body: () async throws -> some Any) async -> KubeClientError.Code? {
    do {
      _ = try await body()
      return nil
    } catch { return (error as? KubeClientError)?.code }
  }

  @Test("an object goes through its life, and each failure has its code")
  func life() async throws {
    try await withClient { client in
      let maps = APIResource.configMaps
      #expect(await client.isReady())
      #expect(try await client.serverVersion()["gitVersion"]?.string?.hasPrefix("v1.") == true)
      let made = try await client.create(maps, configMap("life", ["a": "1"]))
      #expect(await code { try await client.create(maps, configMap("life", [:])) } == .alreadyExists)
      let read = try await client.get(maps, namespace: "default", name: "life")
      #expect(read == made)
      var changed = read
      changed.set("2", at: "data", "a")
      let updated = try await client.update(maps, changed)
      #expect(await code { try await client.update(maps, changed) } == .conflict)
      #expect(updated.at("data", "a") == "2")
      let patched = try await client.patch(
        maps, namespace: "default", name: "life", [["op": "add", "path": "/data/b", "value": "3"]], type: .json)
      #expect(patched["data"] == Optional(["a": "2", "b": "3"] as Value))
      let merged = try await client.patch(
        maps, namespace: "default", name: "life", ["data": ["a": nil]], type: .merge, dryRun: true)
      #expect(merged["data"] == Optional(["b": "3"] as Value))
      #expect(await code { try await client.create(maps, configMap("Not A Name", [:])) } == .invalid)
      #expect(
        await code { try await client.delete(maps, namespace: "default", name: "life", uid: "another") } == .conflict)
      try await client.delete(
        maps, namespace: "default", name: "life", propagation: .background, uid: made.at("metadata", "uid")?.string)
      #expect(await code { try await client.get(maps, namespace: "default", name: "life") } == .notFound)
    }
  }

  @Test("server-side apply owns fields, refuses another's, and takes them by force")
  func apply() async throws {
    try await withClient { client in
      let maps = APIResource.configMaps
      let first = try await client.apply(maps, configMap("applied", ["a": "1"]), fieldManager: "one")
      #expect(first.at("metadata", "managedFields")?[0]?["manager"] == "one")
      do {
        _ = try await client.apply(maps, configMap("applied", ["a": "2"]), fieldManager: "two")
        Issue.record("there was no conflict")
      } catch let error as KubeClientError {
        #expect(error.code == .conflict && error.fields.contains { $0.path == ".data.a" })
        #expect(error.message.hasPrefix("apply configmap default/applied: "))
      }
      let dry = try await client.apply(
        maps, configMap("applied", ["a": "2"]), fieldManager: "two", force: true, dryRun: true)
      #expect(dry.at("data", "a") == "2")
      #expect(try await client.get(maps, namespace: "default", name: "applied").at("data", "a") == "1")
      let forced = try await client.apply(maps, configMap("applied", ["a": "2"]), fieldManager: "two", force: true)
      #expect(forced.at("data", "a") == "2")
    }
  }

  @Test("lists come in pages as one, by selector, and within the limit of bytes")
  func lists() async throws {
    var limits = KubeClientLimits()
    limits.pageSize = 7
    try await withClient(limits: limits) { client in
      let maps = APIResource.configMaps
      for index in 0..<20 {
        _ = try await client.create(
          maps, configMap("list-\(index)", ["i": "\(index)"], labels: ["set": "list", "odd": "\(index % 2)"]))
      }
      let selector = try LabelSelector(parsing: "set=list")
      let all = try await client.listAll(maps, labelSelector: selector)
      #expect(all.items.count == 20 && all.continue == nil && all.items.allSatisfy { $0["kind"] == "ConfigMap" })
      let page = try await client.list(maps, namespace: "default", labelSelector: selector, limit: 7)
      #expect(page.items.count == 7 && page.continue != nil)
      let odd = try await client.listAll(
        maps, namespace: "default", labelSelector: try LabelSelector(parsing: "set=list,odd in (1)"))
      #expect(odd.items.count == 10)
      #expect(try await client.listAll(maps, fieldSelector: "metadata.name=list-3").items.count == 1)
    }
    limits.responseBytes = 500
    try await withClient(limits: limits) { client in
      #expect(await code { try await client.list(.configMaps) } == .tooLarge)
    }
  }

  @Test("discovery finds the built-in kinds, and a custom kind as soon as it is made")
  func discovery() async throws {
    try await withClient { client in
      let discovery = try await client.discovery()
      let deployments = try #require(discovery.resource(apiVersion: "apps/v1", kind: "Deployment"))
      #expect(
        deployments.plural == "deployments" && deployments.namespaced && deployments.subresources.contains("status"))
      #expect(Set(["v1", "apps/v1", "apps/v1/Deployment", "v1/Pod"]).isSubset(of: discovery.apiVersions))
      #expect(
        discovery.failures.isEmpty && discovery.resource(apiVersion: "v1", kind: "Namespace")?.namespaced == false)
      #expect(await code { try await client.resource(apiVersion: "test.flotilla/v1", kind: "Boat") } == .notFound)
      let definitions = try await client.resource(
        apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition")
      let schema: Value = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
      _ = try await client.apply(
        definitions,
        [
          "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
          "metadata": ["name": "boats.test.flotilla"],
          "spec": [
            "group": "test.flotilla", "scope": "Namespaced",
            "names": ["plural": "boats", "singular": "boat", "kind": "Boat"],
            "versions": [
              [
                "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
                "subresources": ["status": [:]],
              ]
            ],
          ],
        ], fieldManager: "test")
      try await eventually("the definition") {
        let live = try await client.get(definitions, name: "boats.test.flotilla")
        return Readiness.summary(of: live, now: 0).isReady
      }
      try await eventually("the kind") {
        await code { try await client.resource(apiVersion: "test.flotilla/v1", kind: "Boat") } == nil
      }
      let boats = try await client.resource(apiVersion: "test.flotilla/v1", kind: "Boat")
      let boat: Value = [
        "apiVersion": "test.flotilla/v1", "kind": "Boat", "metadata": ["name": "b", "namespace": "default"],
        "status": ["x": 1],
      ]
      try await eventually("the boat") {
        await code { try await client.apply(boats, boat, fieldManager: "test") } == nil
      }
      let floating = try await client.update(
        boats,
        boat.merging(["metadata": try await client.get(boats, namespace: "default", name: "b")["metadata"] ?? [:]]),
        subresource: "status")
      #expect(floating.at("status", "x") == 1)
      #expect(try await client.resources(refresh: true).contains { $0.kind == "Boat" })
    }
  }

  @Test("wrong credentials, a wrong authority and a dead server are told apart")
  func refusals() async throws {
    try await withClient({
      $0.token = .fixed("wrong"); $0.clientCertificate = nil; $0.clientKey = nil
    }) { client in
      #expect(await code { try await client.list(.configMaps) } == .unauthorized)
    }
    try await withClient({ $0.certificateAuthority = nil }) { client in
      do {
        _ = try await client.list(.configMaps)
        Issue.record("an unknown authority was trusted")
      } catch let error as KubeClientError {
        #expect(error.code == .unavailable && error.message.contains("certificate authority"), "\(error)")
      }
    }
    try await withClient({ $0.server = "https://127.0.0.1:1" }) { client in
      #expect(await code { try await client.serverVersion() } == .unavailable)
      #expect(await !client.isReady())
    }
    try await withClient({ $0.impersonatedUser = "nobody" }) { client in
      #expect(await code { try await client.list(.configMaps) } == .forbidden)
    }
    try await withClient({ $0.tlsServerName = "kubernetes.default.svc" }) { client in
      #expect(await code { try await client.serverVersion() } == nil)
    }
  }

  @Test("a watch tells changes in order, ends with its time, and a version that is too old is expired")
  func watch() async throws {
    var limits = KubeClientLimits()
    limits.watchTimeout = .seconds(2)
    try await withClient(limits: limits) { client in
      let maps = APIResource.configMaps
      let selector = try LabelSelector(parsing: "set=watch")
      let start = try await client.listAll(maps, labelSelector: selector).resourceVersion
      let watch = try await client.watch(maps, labelSelector: selector, resourceVersion: start)
      _ = try await client.apply(maps, configMap("watched", ["a": "1"], labels: ["set": "watch"]), fieldManager: "t")
      _ = try await client.apply(maps, configMap("watched", ["a": "2"], labels: ["set": "watch"]), fieldManager: "t")
      try await client.delete(maps, namespace: "default", name: "watched")
      var told = [String]()
      for try await event in watch {
        switch event {
        case .added(let object): told.append("added \(object.at("data", "a")?.string ?? "")")
        case .modified(let object): told.append("modified \(object.at("data", "a")?.string ?? "")")
        case .deleted: told.append("deleted")
        case .bookmark: continue
        }
      }
      #expect(told == ["added 1", "modified 2", "deleted"])
    }
  }

  @Test("a watcher lives through a restart of the API server without telling of any removal")
  func watcher() async throws {
    try await withClient { client in
      let maps = APIResource.configMaps
      for index in 0..<5 {
        _ = try await client.create(maps, configMap("kept-\(index)", [:], labels: ["set": "kept"]))
      }
      struct Told {
        var present = Set<String>()
        var removed = [String]()
        var interruptions = 0
        var synced = 0
      }
      let told = Mutex(Told())
      let watcher = ResourceWatcher(
        client: client, resource: maps, labelSelector: try LabelSelector(parsing: "set=kept"))
      let task = Task {
        await watcher.run { event in
          told.withLock { told in
            switch event {
            case .change(.changed(let object)): told.present.insert(object.at("metadata", "name")?.string ?? "")
            case .change(.removed(let reference)): told.removed.append(reference.name)
            case .synced: told.synced += 1
            case .interrupted: told.interruptions += 1
            case .resumed: break
            }
          }
        }
      }
      try await eventually("the first list") { told.withLock { $0.synced == 1 && $0.present.count == 5 } }
      try await ControlPlane.ofSuite().restartAPIServer()
      try await eventually("the new object") {
        _ = try? await client.apply(maps, configMap("kept-new", [:], labels: ["set": "kept"]), fieldManager: "t")
        return told.withLock { $0.present.contains("kept-new") }
      }
      #expect(told.withLock { $0.removed } == [])
      try await client.delete(maps, namespace: "default", name: "kept-0")
      try await eventually("the removal") { told.withLock { $0.removed == ["kept-0"] } }
      task.cancel()
      await task.value
    }
  }

  @Test("forty watches and other requests share the connections")
  func manyWatches() async throws {
    try await withClient { client in
      let told = Counter()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<40 {
          group.addTask {
            await ResourceWatcher(client: client, resource: .namespaces).run { event in
              if case .synced = event { await told.increment() }
            }
          }
        }
        try await eventually("all watchers") { await told.value == 40 }
        for _ in 0..<20 { _ = try await client.get(.namespaces, name: "default") }
        group.cancelAll()
      }
    }
  }
}

/// Counts across tasks.
private actor Counter {
  private(set) var value = 0

  func increment() { value += 1 }
}
