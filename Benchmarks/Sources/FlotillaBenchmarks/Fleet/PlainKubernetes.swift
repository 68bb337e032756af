import Document
import Foundation
import KubeClient
import Logging
import Synchronization

/// The same delivery the way Fleet does it: a custom resource in each cluster's namespace on a real API server whose etcd waits for
/// the disk; each agent watches its own, and writes its status.
enum PlainKubernetes {
  private static let group = "bench.flotilla.dev"
  private static let resource = APIResource(
    group: group, version: "v1", kind: "Wanted", plural: "wanteds", namespaced: true, subresources: ["status"])
  private static let definitions = APIResource(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", plural: "customresourcedefinitions",
    namespaced: false)
  private static let namespaces = APIResource(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false)
  /// Writes under way at once, as a controller with that many workers would have.
  private static let workers = 50
  /// Well below the streams that the server allows on one connection.
  private static let watchesPerClient = 100

  /// Counts the statuses of one generation that were written.
  private final class Arrivals: Sendable {
    private let counts = Mutex<[Int: Int]>([:])
    func note(_ generation: Int) { counts.withLock { $0[generation, default: 0] += 1 } }
    func count(_ generation: Int) -> Int { counts.withLock { $0[generation] ?? 0 } }
  }

  /// The shortest of several deliveries, in seconds from the first write to the last status written.
  static func delivery(clusters: Int, bytes: Int, rounds: Int) async throws -> Double {
    try await BenchCluster.with(durable: true) { cluster in
      let client = try cluster.client()
      // A client's connections are limited, and each watch holds one.
      let watchers = try (0..<(clusters + watchesPerClient - 1) / watchesPerClient).map { _ in try cluster.client() }
      let arrivals = Arrivals()
      try await prepare(client, clusters: clusters)
      let agents = Task {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<clusters {
            group.addTask { try await agent(watchers[index % watchers.count], name(index), arrivals) }
          }
          try await group.waitForAll()
        }
      }
      defer { agents.cancel() }
      var best = Double.infinity
      for generation in 1...rounds + 1 {
        let seconds = try await deliver(client, clusters, bytes, generation, arrivals)
        // The first one waits for the watches, too.
        if generation > 1 { best = min(best, seconds) }
      }
      agents.cancel()
      _ = await agents.result
      for client in watchers + [client] { await client.shutdown() }
      return best
    }
  }

  private static func name(_ index: Int) -> String { "cluster-\(index)" }

  private static func prepare(_ client: KubeClient, clusters: Int) async throws {
    let schema: Value = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
    let definition: Value = [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string("wanteds.\(group)")],
      "spec": [
        "group": .string(group), "scope": "Namespaced",
        "names": ["kind": "Wanted", "plural": "wanteds", "singular": "wanted"],
        "versions": [
          [
            "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
            "subresources": ["status": [:]],
          ]
        ],
      ],
    ]
    _ = try await client.create(definitions, definition)
    try await all(clusters) { index in
      let object: Value = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name(index))]]
      _ = try await client.create(namespaces, object)
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? await client.list(resource, namespace: name(0))) == nil {
      guard ContinuousClock.now < deadline else { throw Mistake("the API server does not serve the new kind") }
      try await Task.sleep(for: .milliseconds(100))
    }
    try await all(clusters) { _ = try await client.create(resource, wanted(name($0), "", 0), namespace: name($0)) }
  }

  private static func wanted(_ namespace: String, _ text: String, _ generation: Int) -> Value {
    [
      "apiVersion": .string("\(group)/v1"), "kind": "Wanted",
      "metadata": ["name": "wanted", "namespace": .string(namespace)],
      "spec": ["text": .string(text), "number": .integer(Int64(generation))],
    ]
  }

  /// Watches one namespace, and answers every generation with a status.
  private static func agent(_ client: KubeClient, _ namespace: String, _ arrivals: Arrivals) async throws {
    var answered = 0
    // The server ends watches of a new kind once when it has settled, and may end any; every client watches again then.
    while !Task.isCancelled {
      for try await event in try await client.watch(resource, namespace: namespace) {
        let object: Value
        switch event {
        case .added(let now), .modified(let now): object = now
        case .deleted, .bookmark: continue
        }
        guard let number = object.at("spec", "number")?.int, number > answered else { continue }
        answered = number
        try await answer(client, namespace, number, arrivals)
      }
    }
  }

  private static func answer(
    _ client: KubeClient, _ namespace: String, _ number: Int, _ arrivals: Arrivals
  ) async throws {
    let status: Value = [
      "status": [
        "applied": .integer(Int64(number)), "ready": true,
        "conditions": [["type": "Ready", "status": "True"], ["type": "Deployed", "status": "True"]],
      ]
    ]
    _ = try await client.patch(
      resource, namespace: namespace, name: "wanted", status, type: .merge, subresource: "status")
    arrivals.note(number)
  }

  private static func deliver(
    _ client: KubeClient, _ clusters: Int, _ bytes: Int, _ generation: Int, _ arrivals: Arrivals
  ) async throws -> Double {
    let text = String(repeating: "\(generation % 10)", count: bytes)
    let began = ContinuousClock.now
    try await all(clusters) { index in
      let patch: Value = ["spec": ["text": .string(text), "number": .integer(Int64(generation))]]
      _ = try await client.patch(resource, namespace: name(index), name: "wanted", patch, type: .merge)
    }
    while arrivals.count(generation) < clusters {
      guard ContinuousClock.now - began < .seconds(300) else {
        throw Mistake("\(arrivals.count(generation)) of \(clusters) statuses were written")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    return Measure.seconds(ContinuousClock.now - began)
  }

  /// Does something for every cluster, some at a time.
  private static func all(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<workers {
        group.addTask { for index in stride(from: worker, to: count, by: workers) { try await body(index) } }
      }
      try await group.waitForAll()
    }
  }
}
