import Document
import Fleet
import Logging
import Store
import Wire

/// One agent's session: performs what Wire's `ManagerSession` decides.
///
/// Events may come from the stream, the hub and the store at any time; directives are performed by one task, in order, so that
/// a slow agent holds up nobody but itself. The task is there only while there is something to perform: an idle session is a
/// waiting reader, and of those there are many.
actor DeliverySession {
  private let cluster: ObjectName
  private let namespace: String
  private let lineage: StoreLineage
  private let objects: ObjectRepository
  private let blobs: RecentBlobs
  private let stream: RPCStream<ManagerMessage, AgentMessage>
  private let logger: Logger
  private let metrics: DeliveryMetrics
  private let trust: TrustMetrics
  private let nextManagerKey: CurvePublicKey?
  /// Told which of its starts the agent is.
  private let noteBoot: @Sendable (_ bootID: String) async -> Void
  private var clock = DeliveryClock()
  private var core: ManagerSession
  private var ledger = DeliveryLedger()
  private var hello = Hello()
  private var refusals: RefusedVersions
  private let configuration: ManagerSession.Configuration
  private var hasEnded = false
  private var endWaiters: [CheckedContinuation<Void, Never>] = []
  /// For calls to the agent.
  nonisolated let channel: RPCChannel
  /// When the session began.
  nonisolated let began: Timestamp
  private var directives: [ManagerSession.Directive] = []
  /// Performs the directives that wait.
  private var performing: Task<Void, Never>?
  private var waitingReader: CheckedContinuation<Void, Never>?
  /// No directive is performed any more.
  private var isOver = false
  /// Why the session ends, where the agent is not the reason.
  private var failure: (any Error)?
  /// What the hub handed over of deployments that changed, until the agent has room for it.
  private var news = DeploymentNews()
  /// The Cluster says that removals are held back.
  private var showsHeld = false
  private var offered: Set<String> = []
  /// Blobs that went along with what referred to them.
  private var inlined: Set<String> = []
  private var known: Set<String> = []

  init(
    configuration: ManagerSession.Configuration, cluster: ObjectName, namespace: String, lineage: StoreLineage,
    objects: ObjectRepository, blobs: RecentBlobs, stream: RPCStream<ManagerMessage, AgentMessage>,
    channel: RPCChannel, metrics: DeliveryMetrics, trust: TrustMetrics, nextManagerKey: CurvePublicKey?,
    began noteBoot: @escaping @Sendable (_ bootID: String) async -> Void, logger: Logger
  ) {
    self.trust = trust
    self.nextManagerKey = nextManagerKey
    self.noteBoot = noteBoot
    self.cluster = cluster
    self.namespace = namespace
    self.lineage = lineage
    self.objects = objects
    self.blobs = blobs
    self.stream = stream
    self.channel = channel
    began = objects.now()
    self.logger = logger
    self.metrics = metrics
    self.configuration = configuration
    refusals = RefusedVersions(namespace: namespace, stored: [])
    core = ManagerSession(configuration)
  }

  /// Serves the agent until its stream ends.
  func run() async throws {
    do {
      // In a task of its own, here and below: what a task needed for its deepest call it keeps for its life.
      try await Task { try await self.readRefusals() }.value
      for try await message in stream.messages { await receive(message) }
    } catch {
      await ended()
      throw failure ?? error
    }
    await ended()
    if let failure { throw failure }
  }

  /// What the agent refused in earlier sessions. The agent's first word is read after this.
  private func readRefusals() async throws {
    let stored = try await objects.store.list(kind: StoredKind.refusals, namespace: namespace)
    refusals = RefusedVersions(namespace: namespace, stored: stored.objects)
    var configuration = configuration
    configuration.refused = refusals.versions
    core = ManagerSession(configuration)
  }

  /// Returns when the session has ended and writes nothing more.
  func waitForEnd() async {
    guard !hasEnded else { return }
    await withCheckedContinuation { endWaiters.append($0) }
  }

  /// A deployment of this cluster changed in the store; durable since `moment`.
  func changed(_ event: StoreEvent, at moment: ContinuousClock.Instant) {
    let id = event.key.name
    clock.change(id, at: moment)
    news.note(event)
    take(.changed([id]))
  }

  /// The session's Cluster changed: somebody may have confirmed removals that are held back.
  func clusterChanged(_ stored: StoredObject?) {
    guard showsHeld, let stored, let object = try? ObjectRepository.document(of: stored) else { return }
    if RemovalGuard.isConfirmed(object) { take(.removalsConfirmed) }
  }

  /// Anything may have changed: the store's history was lost for a moment.
  func changedEverything() async {
    news.forget()
    let page = try? await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace)
    take(.changed(known.union(page?.objects.map(\.key.name) ?? [])))
  }

  /// Ends the session; the agent sees the error.
  func end(_ error: RPCError) { stream.cancel(error) }

  /// Whether the agent was told to hold something that refers to this blob.
  func hasOffered(_ digest: BlobDigest) -> Bool { offered.contains(digest.hex) }

  /// What this session knows of the delivery of a deployment.
  func delivery(of id: String) -> DeliveryFacts {
    DeliveryFacts(
      connectedSince: began, agentVersion: hello.agentVersion, held: core.heldVersion(of: id),
      refused: core.refusedVersion(of: id), last: ledger[id])
  }

  private func countDesired(_ desired: Desired) {
    metrics.desired.add()
    metrics.itemsSet.add(UInt64(desired.set.count))
    metrics.itemsRemoved.add(UInt64(desired.removed.count))
  }

  private func receive(_ message: AgentMessage) async {
    if case .ack = message { metrics.acks.add() }
    take(.received(message))
    // The agent's next message waits until there is room: what it may send ahead is bounded by the stream's credit.
    guard directives.count > Limits.sessionDirectives, !isOver else { return }
    await withCheckedContinuation { waitingReader = $0 }
  }

  private func take(_ event: ManagerSession.Event) {
    directives += core.handle(event)
    guard !directives.isEmpty, performing == nil, !isOver else { return }
    performing = Task { await self.performWaiting() }
  }

  /// Performs directives until none waits. One that fails ends the session.
  private func performWaiting() async {
    do {
      while !directives.isEmpty, !isOver {
        let directive = directives.removeFirst()
        try await perform(directive)
      }
    } catch {
      if !isOver { failure = error }
      isOver = true
      stream.cancel(RPCError(hiding: error))
    }
    performing = nil
    // However this ends, a reader that waits for room must not wait for ever.
    resumeReader()
  }

  private func resumeReader() {
    waitingReader?.resume()
    waitingReader = nil
  }

  private func perform(_ directive: ManagerSession.Directive) async throws {
    switch directive {
    case .recordHello(let hello): try await noteHello(hello)
    case .send(let message):
      try await stream.send(try await completed(message))
      if case .desired(let desired) = message {
        countDesired(desired)
        ledger.sent(desired, at: objects.now())
      }
    case .loadAll:
      let (items, revision) = try await items()
      take(.loadedAll(items, revision: revision, statusHash: try await statusHash()))
    case .load(let ids):
      let (items, revision) = try await items(ids)
      take(.loaded(items, revision: revision))
    case .commitStatus(let seq, let statuses):
      try await commit(statuses)
      metrics.reports.add()
      metrics.statuses.add(UInt64(statuses.count))
      take(.statusCommitted(seq: seq))
    case .recordInventory(let held):
      logger.debug("inventory", metadata: ["cluster": "\(cluster)", "deployments": "\(held.count)"])
    case .recordAck(let set, let removed, let revision):
      let now = ContinuousClock.now
      for item in set {
        if let time = clock.acknowledge(item, at: now) { metrics.acknowledged.observe(time) }
      }
      for id in removed { clock.forget(id) }
      ledger.acknowledged(set, removed: removed, at: objects.now())
      logger.debug(
        "acknowledged",
        metadata: [
          "cluster": "\(cluster)", "set": "\(set.map(\.id))", "removed": "\(removed)", "revision": "\(revision)",
        ])
    case .recordNack(let code, let message, let items):
      metrics.countNack(code)
      for item in items { clock.forget(item.id) }
      try await noteNack(code, message, items)
    case .recordRefusalOver(let id, let isGone):
      if isGone { clock.forget(id) }
      _ = try await objects.store.commit(refusals.end(id, isGone: isGone))
    case .recordComplete(let revision):
      logger.debug("the agent holds everything", metadata: ["cluster": "\(cluster)", "revision": "\(revision)"])
    case .recordHeld(let ids, let count): try await noteHeld(ids, of: count)
    case .end(let ending): throw RPCError(ending.code, ending.message)
    }
  }

  /// A message with what only the shell knows.
  private func completed(_ message: ManagerMessage) async throws -> ManagerMessage {
    switch message {
    case .welcome(var welcome):
      welcome.timeMs = UInt64(max(0, objects.now().seconds)) * 1000
      welcome.nextManagerKey = nextManagerKey?.bytes ?? []
      return .welcome(welcome)
    case .desired(var desired):
      desired.blobs = try await smallBlobs(of: desired.set)
      return .desired(desired)
    default: return message
    }
  }

  /// The small ones among the blobs that items refer to, as far as they fit beside them: fetching one takes both sides more than
  /// sending it.
  private func smallBlobs(of items: [DeploymentItem]) async throws -> [InlineBlob] {
    var found: [InlineBlob] = []
    var room = Limits.inlineBytes
    for text in items.flatMap({ [$0.contentDigest, $0.optionsDigest] }) where room > 0 && !inlined.contains(text) {
      guard let digest = BlobDigest(wire: text),
        let bytes = try await blobs.blob(digest, limit: min(room, Limits.inlineBlobBytes), from: objects.store)
      else { continue }
      if inlined.count >= Limits.sessionDigests { inlined = [] }
      inlined.insert(text)
      room -= bytes.count
      found.append(InlineBlob(data: bytes))
    }
    return found
  }

  // What the agent should hold.

  private func items() async throws -> ([DeploymentItem], UInt64) {
    let page = try await objects.store.list(kind: StoredKind.bundleDeployments, namespace: namespace)
    news.hasRead(at: page.revision)
    return (page.objects.compactMap { item($0) }, page.revision.value)
  }

  private func items(_ ids: [String]) async throws -> ([DeploymentItem], UInt64) {
    var items: [DeploymentItem] = []
    var unknown: [String] = []
    for id in ids {
      guard let change = news.take(id) else {
        unknown.append(id)
        continue
      }
      if let stored = change, let item = item(stored) { items.append(item) }
    }
    guard !unknown.isEmpty else { return (items, news.revision.value) }
    let revision = await objects.store.currentRevision()
    for id in unknown {
      let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace, name: id)
      if let stored = try await objects.store.get(key) {
        news.hasRead(at: stored.revision)
        if let item = item(stored) { items.append(item) }
      }
    }
    news.hasRead(at: revision)
    return (items, revision.value)
  }

  private func item(_ stored: StoredObject) -> DeploymentItem? {
    guard let record = try? DeploymentRecord(decoding: stored.body, key: stored.key), let version = record.current
    else { return nil }
    known.insert(stored.key.name)
    // A hint alone: where it is forgotten, the store is asked.
    if offered.count >= Limits.sessionDigests { offered = [] }
    offered.formUnion([version.content, version.payload])
    return DeploymentItem(
      id: stored.key.name, version: version.wireVersion, contentDigest: "sha256:\(version.content)",
      optionsDigest: "sha256:\(version.payload)")
  }

  // What the agent says.

  private func statusHash() async throws -> [UInt8] {
    let page = try await objects.store.list(kind: StoredKind.deploymentStatuses, namespace: namespace)
    return DeliveryHash.statuses(refusals.hashes(of: page.objects))
  }

  private func commit(_ statuses: [DeploymentStatus]) async throws {
    var writes: [Write] = []
    var ready: [DeploymentStatus] = []
    for status in statuses {
      if status.status.isEmpty {
        writes += refusals.report(status.id, [])
      } else if known.contains(status.id), let read = try? BundleDeploymentStatus(JSON.parse(status.status)) {
        writes += refusals.report(status.id, status.status)
        if read.ready, read.nonModified { ready.append(status) }
      } else {
        trust.count(.foreignStatus)
        logger.debug(
          "a status of no deployment was dropped", metadata: ["cluster": "\(cluster)", "id": "\(status.id)"])
      }
    }
    if !writes.isEmpty { _ = try await objects.store.commit(writes) }
    let now = ContinuousClock.now
    for status in ready {
      if let time = clock.ready(status.id, version: status.version, at: now) { metrics.ready.observe(time) }
    }
  }

  /// A refusal is kept, and shown where the deployment's status is.
  private func noteNack(_ code: StatusCode, _ message: String, _ items: [NackItem]) async throws {
    let now = objects.now()
    ledger.refused(items, message: message, at: now)
    var writes: [Write] = []
    for item in items {
      let text = "the agent refused this version: \(item.message.isEmpty ? message : item.message)"
      logger.warning(
        "an agent refused a version",
        metadata: ["cluster": "\(cluster)", "deployment": "\(item.id)", "code": "\(code)", "error": "\(text)"])
      let key = ObjectKey(kind: StoredKind.deploymentStatuses, namespace: namespace, name: item.id)
      let stored = try await objects.store.get(key)
      writes += refusals.refuse(item.id, version: item.version, message: text, at: now, stored: stored?.body)
    }
    if !writes.isEmpty { _ = try await objects.store.commit(writes) }
  }

  private func noteHello(_ hello: Hello) async throws {
    self.hello = hello
    logger.info(
      "agent connected",
      metadata: [
        "cluster": "\(cluster)", "agent": "\(hello.agentVersion)", "kubernetes": "\(hello.kubernetesVersion)",
      ])
    await noteBoot(hello.bootId)
    let now = objects.now()
    let peer = channel.peer.base64URL
    let cluster = try await objects.mutate(key) {
      $0.set(.string(peer), at: "status", "agent", "publicKey")
      if !hello.agentVersion.isEmpty { $0.set(.string(hello.agentVersion), at: "status", "agent", "version") }
      // That it is there again is known without a write.
      let isFirst = $0.at("status", "agent", "lastSeen") == nil
      AgentConnection.note(true, seen: isFirst ? now : nil, in: &$0, at: now)
      if !hello.agentNamespace.isEmpty { $0.set(.string(hello.agentNamespace), at: "status", "agent", "namespace") }
    }
    showsHeld = !RemovalGuard.notes(in: cluster?["status"]).isEmpty
    if let cluster, RemovalGuard.isConfirmed(cluster) { take(.removalsConfirmed) }
    let revision = await objects.store.currentRevision().value
    if !lineage.contains(hello.lineage, revision: hello.lastRevision, now: revision) { take(.storeIsAnother) }
  }

  /// Shows what is held back, or that nothing is any more; a confirmation has then done its work.
  private func noteHeld(_ ids: [String], of count: Int) async throws {
    guard !ids.isEmpty || showsHeld else { return }
    showsHeld = !ids.isEmpty
    if showsHeld {
      logger.warning(
        "removals are held back until somebody confirms them",
        metadata: ["cluster": "\(cluster)", "deployments": "\(ids.count)", "of": "\(count)"])
    }
    let now = objects.now()
    try await objects.mutate(key) {
      RemovalGuard.note(ids, of: count, in: &$0, at: now)
      if ids.isEmpty { $0.set(nil, at: "metadata", "annotations", RemovalGuard.annotation) }
    }
  }

  private var key: ObjectKey {
    ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
  }

  /// Says that the agent is still there (fleet-behaviour §6.5); its connection is watched by the bus.
  func checkIn() async {
    guard !isOver else { return }
    do {
      try await noteSeen()
    } catch {
      logger.warning(
        "an agent's sign of life cannot be noted", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
    }
  }

  private func noteSeen() async throws {
    let now = objects.now()
    try await objects.mutate(key) { $0.set(.string(now.description), at: "status", "agent", "lastSeen") }
  }

  private func ended() async {
    isOver = true
    resumeReader()
    performing?.cancel()
    await performing?.value
    logger.info("agent disconnected", metadata: ["cluster": "\(cluster)"])
    // The session's task may be cancelled by now, and the last sign of life should be kept all the same.
    let seen = Task { try await self.noteSeen() }
    _ = try? await seen.value
    hasEnded = true
    for waiter in endWaiters { waiter.resume() }
    endWaiters = []
  }
}

extension DeploymentRecord.Version {
  /// How the bus names this version: it changes with the content and with anything an agent is told of it.
  var wireVersion: String { "\(deploymentID)@\(payload.prefix(16))" }
}
