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
  private let presence: Presence
  private let heartbeat: Duration
  private let lineage: StoreLineage
  private let unconfirmedRemovals: Int
  private let metrics: DeliveryMetrics
  private let trust: TrustMetrics
  private let nextManagerKey: CurvePublicKey?
  private let logger: Logger
  /// What many agents are sent.
  nonisolated let blobs = RecentBlobs()
  /// What many agents say.
  private let statuses = RecentStatuses()
  private var starts = DuplicateWatch()
  /// Live sessions by deployment namespace; the newest of an agent replaces the one before.
  private var sessions: [String: DeliverySession] = [:]
  private var nextSession: UInt64
  /// The sessions by their turn to note that their agents are there.
  private var checkIns = CheckInRound<String>(ticks: Limits.checkInTicks)
  /// The manager stops: sessions that end now say nothing about their agents.
  private var isStopping = false
  /// When this manager began to know of sessions.
  nonisolated let began: Timestamp

  /// - Parameters:
  ///   - presence: told of every session.
  ///   - heartbeat: how often idle agents are heard of.
  ///   - lineage: the store's history, by which agents tell a restored store.
  ///   - unconfirmedRemovals: the share of a cluster's deployments, in percent, that a restored store may remove unasked.
  ///   - nextManagerKey: the key that the manager is going to have; agents are told.
  init(
    objects: ObjectRepository, presence: Presence, heartbeat: Duration, lineage: StoreLineage, unconfirmedRemovals: Int,
    metrics: DeliveryMetrics, trust: TrustMetrics, nextManagerKey: CurvePublicKey? = nil, logger: Logger
  ) {
    self.trust = trust
    self.nextManagerKey = nextManagerKey
    self.objects = objects
    self.presence = presence
    self.heartbeat = heartbeat
    self.lineage = lineage
    self.unconfirmedRemovals = unconfirmedRemovals
    self.metrics = metrics
    self.logger = logger
    began = objects.now()
    // Ids grow over restarts too, so that an old session's late messages are never taken for a new one's.
    nextSession = UInt64(began.seconds) << 20
  }

  func run() async throws {
    try await untilShutdown {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.follow() }
        group.addTask { try await self.findLostAgents() }
        group.addTask { try await self.checkIn() }
        try await group.waitForAll()
      }
    }
    isStopping = true
  }

  /// Agents that were connected when the manager ended, and have not come back a while after it began, are offline.
  private func findLostAgents() async throws {
    try await Task.sleep(for: max(heartbeat * 3, Limits.returnOfAgents))
    for stored in try await objects.store.list(kind: StoredKind.clusters, namespace: nil).objects {
      let object = try ObjectRepository.document(of: stored)
      let name = ObjectName(namespace: stored.key.namespace, name: stored.key.name)
      let wasConnected = Conditions(object.at("status", "conditions"))[AgentConnection.condition]?.isFalse != true
      guard wasConnected, object.at("status", "agent", "lastSeen")?.string?.isEmpty == false else { continue }
      await noteOffline(name)
    }
  }

  /// Has every session note once in a while that its agent is there.
  private func checkIn() async throws {
    while true {
      try await Task.sleep(for: Limits.checkInInterval / Limits.checkInTicks)
      for namespace in checkIns.tick() { await sessions[namespace]?.checkIn() }
    }
  }

  /// Notes that a cluster's agent is offline, unless it has a session.
  private func noteOffline(_ cluster: ObjectName) async {
    guard !isStopping, sessions[Self.namespace(of: cluster)] == nil else { return }
    let now = objects.now()
    do {
      try await objects.mutate(
        ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
      ) { AgentConnection.note(false, seen: nil, in: &$0, at: now) }
    } catch {
      logger.error("an agent's absence cannot be noted", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
    }
  }

  private static func namespace(of cluster: ObjectName) -> String {
    Names.clusterNamespace(registrationNamespace: cluster.namespace, cluster: cluster.name)
  }

  private func follow() async throws {
    while try await followUntilCompacted() {
      logger.info("the sessions fell behind the store's history and look at everything again")
    }
  }

  /// Whether the watch ended because the store has forgotten what came next.
  private func followUntilCompacted() async throws -> Bool {
    let watch = try objects.store.watch(
      kinds: [StoredKind.bundleDeployments, StoredKind.clusters], after: await objects.store.currentRevision())
    // What changed between two watches is found by every session looking at everything once.
    for session in live() { await session.changedEverything() }
    do {
      for try await event in watch { await dispatch(event, committed: watch.committed(event.revision) ?? .now) }
      return false
    } catch {
      guard error.code == .compacted else { throw error }
      return true
    }
  }

  /// Sessions that are open.
  var count: Int { sessions.count }

  private func live() -> [DeliverySession] { Array(sessions.values) }

  private func dispatch(_ event: StoreEvent, committed: ContinuousClock.Instant) async {
    guard event.key.kind == StoredKind.clusters else {
      await sessions[event.key.namespace]?.changed(event, at: committed)
      return
    }
    let cluster = ObjectName(namespace: event.key.namespace, name: event.key.name)
    if event.object == nil { starts.forget(Self.namespace(of: cluster)) }
    await sessions[Self.namespace(of: cluster)]?.clusterChanged(event.object)
  }

  /// Serves one agent's session until it ends.
  ///
  /// In steps: what this function holds while an agent is idle is held for every one of them.
  func serve(_ stream: RPCStream<ManagerMessage, AgentMessage>, context: RPCContext) async throws {
    let session = try await begin(stream, context)
    let failure = await session.run()
    end(session)
    if let failure { throw failure }
  }

  /// A session that has taken the place of the agent's older one.
  @inline(never)
  private func begin(
    _ stream: RPCStream<ManagerMessage, AgentMessage>, _ context: RPCContext
  ) async throws -> DeliverySession {
    guard let identity = context.identity, let cluster = ObjectName(identity: identity) else {
      throw RPCError(.permissionDenied, "this agent's key belongs to no cluster; enrol with a registration token")
    }
    let namespace = Self.namespace(of: cluster)
    nextSession += 1
    let session = DeliverySession(
      configuration: ManagerSession.Configuration(
        sessionID: nextSession, heartbeatInterval: heartbeat, lineage: lineage.current,
        unconfirmedRemovals: unconfirmedRemovals),
      cluster: cluster, namespace: namespace, lineage: lineage, objects: objects, blobs: blobs,
      statuses: statuses, stream: stream, channel: context.channel, metrics: metrics, trust: trust,
      nextManagerKey: nextManagerKey,
      began: { await self.began($0, of: cluster) }, logger: logger)
    metrics.sessions.add()
    checkIns.join(namespace) { Int.random(in: $0) }
    let older = sessions.updateValue(session, forKey: namespace)
    if let older {
      await older.end(RPCError(.aborted, "a newer session of the same agent has begun"))
      // What it still writes must not come after what this one writes.
      await older.waitForEnd()
    }
    presence.began(cluster, over: context.channel)
    return session
  }

  private func end(_ session: DeliverySession) {
    let cluster = session.cluster
    presence.ended(cluster, over: session.channel)
    if sessions[session.namespace] === session {
      sessions[session.namespace] = nil
      checkIns.leave(session.namespace)
    }
    // The session's task may be cancelled by now, and what is true of the agent should be kept all the same. An agent that is back
    // in a moment was not away; one that has been silent for three heartbeats is.
    let absence = min(Limits.agentAbsence, max(.zero, heartbeat * 3 - session.channel.silence))
    Task {
      try? await Task.sleep(for: absence)
      await self.noteOffline(cluster)
    }
  }

  /// An agent has said which of its starts it is.
  private func began(_ bootID: String, of cluster: ObjectName) async {
    guard starts.began(bootID, of: Self.namespace(of: cluster)) else { return }
    trust.duplicates.add()
    logger.warning(
      "two agents use one key: the newer session has ended the older one, and will again",
      metadata: ["cluster": "\(cluster)"]
    )
    do {
      guard let object = try await objects.get(EnrollmentService.key(of: cluster)) else { return }
      try await EventRecorder(objects: objects).record(
        .warning, "DuplicateAgent",
        "two agents use this cluster's key, and end each other's sessions: stop one of them (was a state directory copied?);"
          + " if you know of one only, revoke it: flotilla agent revoke \(cluster)", about: object)
    } catch {
      logger.error("a duplicate agent cannot be noted", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
    }
  }

  /// Asks a cluster's agent to change its key; that it has is told by `Keys`.
  func rotateKey(of cluster: ObjectName) async -> KeyRotation.Answer {
    guard let session = sessions[Self.namespace(of: cluster)] else { return .away }
    do throws(RPCError) {
      _ = try await session.channel.unary(ClusterService.rotateKey, KeyChange(), deadline: Limits.keyRotationDeadline)
      return .begun
    } catch {
      switch error.code {
      case .unimplemented: return .impossible("the agent cannot change its key: upgrade it, or let it enrol anew")
      default:
        logger.info("an agent has not changed its key yet", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
        return .away
      }
    }
  }

  /// The session of the agent whose deployments are in a namespace; nil while it is not connected.
  func session(of namespace: String) -> DeliverySession? { sessions[namespace] }

  /// Whether a cluster's deployments refer to a blob.
  func mayFetch(_ identity: String, _ digest: BlobDigest) async throws -> Bool {
    guard let cluster = ObjectName(identity: identity) else { return false }
    let namespace = Self.namespace(of: cluster)
    if let session = sessions[namespace], await session.hasOffered(digest) { return true }
    let page = try await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace)
    return page.objects.contains { stored in
      guard let record = try? DeploymentRecord(stored) else { return false }
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
