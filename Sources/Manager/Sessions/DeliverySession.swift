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
  nonisolated let cluster: ObjectName
  nonisolated let namespace: String
  let lineage: StoreLineage
  let objects: ObjectRepository
  private let blobs: RecentBlobs
  let recentStatuses: RecentStatuses
  private let stream: RPCStream<ManagerMessage, AgentMessage>
  let logger: Logger
  let metrics: DeliveryMetrics
  let trust: TrustMetrics
  private let nextManagerKey: CurvePublicKey?
  /// Told which of its starts the agent is.
  let noteBoot: @Sendable (_ bootID: String) async -> Void
  var clock = DeliveryClock()
  private var core: ManagerSession
  var ledger = DeliveryLedger()
  var hello = Hello()
  var refusals: RefusedVersions
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
  var isOver = false
  /// Why the session ends, where the agent is not the reason.
  private var failure: (any Error)?
  /// What the hub handed over of deployments that changed, until the agent has room for it.
  private var news = DeploymentNews()
  /// The Cluster says that removals are held back.
  var showsHeld = false
  private var offered: Set<String> = []
  /// Blobs that went along with what referred to them.
  private var inlined: Set<String> = []
  var known: Set<String> = []

  init(
    configuration: ManagerSession.Configuration, cluster: ObjectName, namespace: String, lineage: StoreLineage,
    objects: ObjectRepository, blobs: RecentBlobs, statuses: RecentStatuses,
    stream: RPCStream<ManagerMessage, AgentMessage>, channel: RPCChannel, metrics: DeliveryMetrics, trust: TrustMetrics,
    nextManagerKey: CurvePublicKey?,
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
    recentStatuses = statuses
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
  /// - Returns: why it had to; nil where the agent is done.
  func run() async -> (any Error)? {
    var cause: (any Error)?
    do {
      // In a task of its own, here and below: what a task needed for its deepest call it keeps for its life.
      try await Task { try await self.readRefusals() }.value
      var messages = stream.messages.makeAsyncIterator()
      while try await receive(from: &messages) {}
    } catch {
      cause = error
    }
    await ended()
    return failure ?? cause
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

  /// Takes in the next message, if there is one.
  @inline(never)
  private func receive(from messages: inout RPCMessages<AgentMessage>.Iterator) async throws -> Bool {
    guard try await messages.hasNext(isolation: self) else { return false }
    try take(from: &messages)
    // The agent's next message waits until there is room: what it may send ahead is bounded by the stream's credit.
    guard directives.count > Limits.sessionDirectives, !isOver else { return true }
    await withCheckedContinuation { waitingReader = $0 }
    return true
  }

  @inline(never)
  private func take(from messages: inout RPCMessages<AgentMessage>.Iterator) throws {
    guard let message = try messages.takeNext() else { return }
    if case .ack = message { metrics.acks.add() }
    take(.received(message))
  }

  func take(_ event: ManagerSession.Event) {
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
    // With the room that it took: most sessions are idle for long.
    if directives.isEmpty { directives = [] }
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
      guard let digest = BlobDigest(wire: text) else { continue }
      let bytes: [UInt8]?
      do {
        bytes = try await blobs.blob(digest, limit: min(room, Limits.inlineBlobBytes), from: objects.store)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // The agent asks for it, and refuses what it cannot have; its other deployments are no worse off.
        logger.error("a blob cannot be read", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
        continue
      }
      guard let bytes else { continue }
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
    if let known = news.take(ids) { return (known.compactMap { item($0) }, news.revision.value) }
    // All as of one revision, also that something is gone: what the watch says of earlier ones is no news then.
    let (items, revision) = try await items()
    let wanted = Set(ids)
    return (items.filter { wanted.contains($0.id) }, revision)
  }

  private func item(_ stored: StoredObject) -> DeploymentItem? {
    guard let record = try? DeploymentRecord(stored), let version = record.current
    else { return nil }
    known.insert(stored.key.name)
    // A hint alone: where it is forgotten, the store is asked.
    if offered.count >= Limits.sessionDigests { offered = [] }
    offered.formUnion([version.content, version.payload])
    return DeploymentItem(
      id: stored.key.name, version: version.wireVersion, contentDigest: "sha256:\(version.content)",
      optionsDigest: "sha256:\(version.payload)")
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
