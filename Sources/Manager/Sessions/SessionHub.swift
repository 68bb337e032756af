import Document
import Fleet
import Logging
import ServiceLifecycle
import Store
import Wire

/// All agents' sessions: each gets what its cluster should have, and its reports become durable (design §4).
///
/// Sessions learn of desired state from the store's watch alone. One watch serves all of them, and a change reaches the one
/// session it concerns by its namespace.
actor SessionHub: Service {
  private let objects: ObjectRepository
  private let heartbeat: Duration
  private let logger: Logger
  /// Live sessions by deployment namespace; the newest of an agent replaces the one before.
  private var sessions: [String: DeliverySession] = [:]
  private var nextSession: UInt64

  init(objects: ObjectRepository, heartbeat: Duration, logger: Logger) {
    self.objects = objects
    self.heartbeat = heartbeat
    self.logger = logger
    // Ids grow over restarts too, so that an old session's late messages are never taken for a new one's.
    nextSession = UInt64(objects.now().seconds) << 20
  }

  func run() async throws {
    try await untilShutdown {
      while true {
        let watch = try self.objects.store.watch(
          kinds: [StoredKind.bundleDeployments], after: await self.objects.store.currentRevision())
        do {
          // What changed between two watches is found by every session looking at everything once.
          for session in await self.live() { await session.changedEverything() }
          for try await event in watch { await self.dispatch(event) }
          return
        } catch let error as StoreError where error.code == .compacted {
          self.logger.info("the sessions fell behind the store's history and look at everything again")
        }
      }
    }
  }

  private func live() -> [DeliverySession] { Array(sessions.values) }

  private func dispatch(_ event: StoreEvent) async {
    await sessions[event.key.namespace]?.changed(event.key.name)
  }

  /// Serves one agent's session until it ends.
  func serve(_ stream: RPCStream<ManagerMessage, AgentMessage>, context: RPCContext) async throws {
    guard let identity = context.identity, let cluster = ObjectName(identity: identity) else {
      throw RPCError(.permissionDenied, "this agent's key belongs to no cluster; enrol with a registration token")
    }
    let namespace = Names.clusterNamespace(registrationNamespace: cluster.namespace, cluster: cluster.name)
    nextSession += 1
    let session = DeliverySession(
      id: nextSession, cluster: cluster, namespace: namespace, objects: objects, stream: stream, heartbeat: heartbeat,
      logger: logger)
    let older = sessions.updateValue(session, forKey: namespace)
    await older?.end(RPCError(.aborted, "a newer session of the same agent has begun"))
    defer { if sessions[namespace] === session { sessions[namespace] = nil } }
    try await session.run()
  }

  /// Whether a cluster's deployments refer to a blob.
  func mayFetch(_ identity: String, _ digest: BlobDigest) async throws -> Bool {
    guard let cluster = ObjectName(identity: identity) else { return false }
    let namespace = Names.clusterNamespace(registrationNamespace: cluster.namespace, cluster: cluster.name)
    if let session = sessions[namespace], await session.hasOffered(digest) { return true }
    let page = try await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace)
    return page.objects.contains { stored in
      guard let record = try? DeploymentRecord(decoding: stored.body, key: stored.key) else { return false }
      return [record.current?.content, record.current?.payload].contains(digest.hex)
    }
  }
}

extension ObjectName {
  /// The cluster that a bus identity, `namespace/name`, names.
  init?(identity: String) {
    let parts = identity.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    self.init(namespace: String(parts[0]), name: String(parts[1]))
  }
}
