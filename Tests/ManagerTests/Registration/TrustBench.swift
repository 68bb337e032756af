import Document
import Fleet
import Foundation
import Kustomizer
import Logging
import ServiceLifecycle
import Store
import TestSupport
import Testing
import Wire

@testable import Manager

/// What decides who is let in, over a real store and a real bus with CURVE: without git, API and deployments.
final class TrustBench: Sendable {
  let store: SQLiteStore
  let objects: ObjectRepository
  let admissions: KeyAdmissions
  let metrics = TrustMetrics()
  let bus: BusServer
  let keys: ManagerKeys
  private let task: Task<Void, Never>

  /// A bench on a directory; another one on the same is a manager that was started again.
  init(_ directory: String, requiresApproval: Bool = false) async throws {
    let data = try DataDirectory(directory)
    let store = try await SQLiteStore(path: data.database)
    let objects = ObjectRepository(store: store)
    try await Bootstrap(objects: objects, localCluster: false).run()
    let logger = Logger(label: "trust") { _ in SwiftLogNoOpLogHandler() }
    let keyDirectory = KeyDirectory()
    let admissions = KeyAdmissions(keyDirectory)
    let follower = AgentKeyFollower(store: store, admissions: admissions, logger: logger)
    try await follower.load()
    let keys = try ManagerKeys.load(data.busKey)
    let bundles = BundleController(
      objects: objects, builds: KustomizeBuilds(kustomizer: Kustomizer(), contents: ContentCache(store: store)),
      templates: nil, logger: logger)
    let enrollment = EnrollmentService(
      objects: objects, admissions: admissions, metrics: metrics, nextManagerKey: keys.next,
      requiresApproval: requiresApproval,
      // It does not run, as just after a start: so it looks into the store.
      existing: { try await bundles.cluster(clientID: $0, namespace: $1) }, logger: logger)
    let hub = SessionHub(
      objects: objects, presence: Presence(), heartbeat: .seconds(10), lineage: try await StoreLineage.begin(in: store),
      unconfirmedRemovals: 25, metrics: DeliveryMetrics(), trust: metrics, nextManagerKey: keys.next, logger: logger)
    let bus = BusServer(
      configuration: BusServerConfiguration(endpoint: "tcp://127.0.0.1:*"), keyPair: keys.pair, directory: keyDirectory,
      handlers: BusHandlers(
        enrollment: enrollment, hub: hub, store: store,
        keys: KeyService(objects: objects, admissions: admissions, metrics: metrics, logger: logger), metrics: metrics,
        logger: logger
      ).handlers, logger: logger)
    self.store = store
    self.objects = objects
    self.admissions = admissions
    self.bus = bus
    self.keys = keys
    let services: [any Service] = [
      bus, follower, hub, ClusterController(objects: objects, admissions: admissions, logger: logger),
      TokenController(
        objects: objects, endpoints: { [try await bus.boundEndpoint()] }, managerKeys: keys, logger: logger),
    ]
    task = Task {
      await withTaskGroup(of: Void.self) { group in
        for service in services {
          group.addTask {
            do { try await service.run() } catch {
              if !(error is CancellationError) { Issue.record("\(type(of: service)) ended: \(error)") }
            }
          }
        }
      }
    }
    _ = try await bus.boundEndpoint()
  }

  /// Runs a body with a bench that is stopped afterwards.
  static func with(
    _ directory: String, requiresApproval: Bool = false, _ body: (TrustBench) async throws -> Void
  ) async throws {
    let bench = try await TrustBench(directory, requiresApproval: requiresApproval)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(bench)) } catch { outcome = .failure(error) }
    bench.task.cancel()
    await bench.task.value
    try await bench.store.close()
    try outcome.get()
  }

  /// Makes a token, and returns what its Secret holds.
  func token(_ name: String, annotations: [String: String] = [:]) async throws -> JoinToken {
    try await objects.create(
      [
        "apiVersion": .string(fleetAPIVersion), "kind": "ClusterRegistrationToken",
        "metadata": [
          "name": .string(name), "namespace": "fleet-default",
          "annotations": .object(annotations.mapValues { .string($0) }),
        ], "spec": [:],
      ], kind: StoredKind.clusterRegistrationTokens)
    return try await values(name).token
  }

  /// What a token's Secret holds.
  func values(_ token: String) async throws -> RegistrationValues {
    let key = ObjectKey(kind: StoredKind.secrets, namespace: "fleet-default", name: token)
    try await eventually("the Secret of \(token) is there") { try await self.objects.get(key) != nil }
    let text = try await objects.get(key)?.at("data", "values")?.string ?? ""
    return try RegistrationValues(parsing: Base64.decode(text) ?? [], file: token)
  }

  /// A client with a key of its own, or with this one.
  func client(_ pair: CurveKeyPair) async throws -> BusClient {
    BusClient(
      configuration: BusClientConfiguration(endpoints: [try await bus.boundEndpoint()], serverKey: keys.current),
      keyPair: pair, logger: Logger(label: "agent") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Enrols a key as a client id.
  func enroll(
    _ pair: CurveKeyPair, _ token: JoinToken, clientID: String, secret: String? = nil, waits: Bool = true
  ) async throws -> EnrollResponse {
    try await client(pair).withConnection { channel in
      try await channel.unary(
        Wire.Enrollment.enroll,
        EnrollRequest(
          tokenId: token.id, tokenSecret: secret ?? token.secret, clientId: clientID, acceptsWaiting: waits))
    }
  }

  /// The code that an attempt to enrol is refused with; nil where it is not.
  func refusal(
    _ pair: CurveKeyPair, _ token: JoinToken, clientID: String, secret: String? = nil
  ) async throws -> RPCError? {
    do {
      _ = try await enroll(pair, token, clientID: clientID, secret: secret)
      return nil
    } catch let error as RPCError {
      return error
    }
  }

  func cluster(_ name: String) async throws -> Value? {
    try await objects.get(ObjectKey(kind: StoredKind.clusters, namespace: "fleet-default", name: name))
  }

  /// Sets an annotation, or takes it off.
  func annotate(_ kind: String, _ name: String, _ annotation: String, _ value: String?) async throws {
    try await objects.mutate(ObjectKey(kind: kind, namespace: "fleet-default", name: name)) {
      $0.set(value.map { .string($0) }, at: "metadata", "annotations", annotation)
    }
  }

  /// The reasons of the Events about an object, and what they say.
  func events(about name: String) async throws -> [String] {
    try await objects.list(kind: StoredKind.events)
      .filter { $0.at("involvedObject", "name")?.string == name }
      .map { "\($0["reason"]?.string ?? ""): \($0["message"]?.string ?? "")" }
  }
}
