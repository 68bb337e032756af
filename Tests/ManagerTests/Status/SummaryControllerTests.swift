import Document
import Fleet
import Logging
import Store
import TestSupport
import Testing

@testable import Manager

@Suite("The writing of summaries", .timeLimit(.minutes(1)))
struct SummaryControllerTests {
  private let cluster = ObjectKey(kind: StoredKind.clusters, namespace: "fleet-default", name: "c")
  private let bundle = ObjectKey(kind: StoredKind.bundles, namespace: "fleet-default", name: "b")

  private func status(ready: Bool) -> Write {
    .put(
      ObjectKey(kind: StoredKind.deploymentStatuses, namespace: "cluster-c", name: "b"),
      TestDeployments.status("v1", ready: ready))
  }

  private func object(_ key: ObjectKey) -> Write {
    let object: Value = [
      "apiVersion": .string(fleetAPIVersion),
      "metadata": [
        "name": .string(key.name), "namespace": .string(key.namespace), "uid": .string("uid-\(key.name)"),
        "generation": 1,
      ],
      "spec": [:],
      "status": [
        "observedGeneration": 1, "conditions": [["type": "Targeted", "status": "True"]],
      ],
    ]
    return .put(key, JSON.encode(object))
  }

  /// Runs the controller over a store around a body.
  private func run(_ store: any Store, _ body: (ObjectRepository) async throws -> Void) async throws {
    let objects = ObjectRepository(store: store)
    let controller = SummaryController(objects: objects, logger: Logger(label: "test"))
    let running = Task { try await controller.run() }
    do {
      try await body(objects)
    } catch {
      running.cancel()
      throw error
    }
    running.cancel()
    _ = await running.result
  }

  private func ready(_ keys: [ObjectKey], in objects: ObjectRepository) async throws -> [Int?] {
    var found: [Int?] = []
    for key in keys { found.append(try await objects.get(key)?.at("status", "summary", "ready")?.int) }
    return found
  }

  @Test("a restart writes no status before everything is counted, and none that says what is said already")
  func restart() async throws {
    try await withTemporaryDirectory { try await restart(in: $0) }
  }

  private func restart(in directory: String) async throws {
    let store = try await SQLiteStore(path: directory)
    let record = TestDeployments.record(
      "v1", bundle: ObjectName(namespace: bundle.namespace, name: bundle.name),
      cluster: ObjectName(namespace: cluster.namespace, name: cluster.name))
    // What its writer hands on is what a reader makes of its bytes.
    #expect(try DeploymentRecord(decoding: record.encoded(), key: bundle) == record)
    _ = try await store.commit([
      object(cluster), object(bundle), .put(record.key(deploymentNamespace: "cluster-c"), record.encoded()),
      status(ready: true),
    ])
    let (cluster, bundle) = (cluster, bundle)
    try await run(store) { objects in
      try await eventually("both say that it is ready") {
        try await ready([cluster, bundle], in: objects) == [1, 1]
      }
    }
    let before = await store.currentRevision()
    let slow = SlowStore(store, slow: StoredKind.deploymentStatuses, pause: .milliseconds(300))
    var change = before
    try await run(slow) { objects in
      // Meanwhile what is there of deployments alone would be counted, and written, if it were not waited for the rest.
      try await eventually("everything is listed") { slow.hasListed }
      change = try await store.commit([status(ready: false)]).revision
      try await eventually("both say that it is not ready") {
        try await ready([cluster, bundle], in: objects) == [0, 0]
      }
    }
    let kinds: Set = [StoredKind.clusters, StoredKind.bundles]
    var events = try store.watch(kinds: kinds, after: before).makeAsyncIterator()
    let first = try #require(try await events.next())
    #expect(first.revision > change, "written before anything had changed: \(first.key)")
    try await store.close()
  }
}
