import Logging
import Wire

/// Holds the session with the manager: performs what Wire's `AgentSession` directs, connects again after every loss, and
/// brings statuses up.
actor ManagerLink {
  /// What is done to the blobs and the desired set on disk, one after another.
  private enum Keeping: Sendable {
    case keep(Desired)
    case collectGarbage
  }

  private enum Effect: Sendable {
    case apply
    case complete(UInt64, lineage: String)
    case acknowledged([String: String?])
    case reportAll
  }

  private let state: AgentState
  private let keeper: DesiredKeeper
  private let deployer: Deployer
  private let logger: Logger
  private let enrollment: EnrollmentRecord
  private let keyPair: CurveKeyPair
  private let handlers: RPCHandlers

  private var core: AgentSession
  private var channel: RPCChannel?
  private var outgoing: AsyncStream<AgentMessage>.Continuation?
  private var backoff = ReconnectBackoff()
  private var refusals = 0
  private var endpoints: [String]
  private var lastProblem = ""
  private var welcomedAt: ContinuousClock.Instant?
  private var isSwept = false
  private let keepings: AsyncStream<Keeping>
  private let keeping: AsyncStream<Keeping>.Continuation
  private let effects: AsyncStream<Effect>
  private let effect: AsyncStream<Effect>.Continuation

  /// - Parameters:
  ///   - held: the deployments whose blobs are all here.
  ///   - handlers: what the manager may call while it is connected.
  init(
    state: AgentState, keeper: DesiredKeeper, deployer: Deployer, identity: AgentSession.Identity,
    enrollment: EnrollmentRecord, keyPair: CurveKeyPair, held: Set<String>, handlers: RPCHandlers,
    logger: Logger
  ) {
    self.state = state
    self.keeper = keeper
    self.deployer = deployer
    self.logger = logger
    self.enrollment = enrollment
    self.keyPair = keyPair
    self.handlers = handlers
    endpoints = enrollment.endpoints
    let desired = state.desired
    core = AgentSession(
      identity,
      AgentSession.Durable(
        held: desired.items.filter { held.contains($0.key) }.mapValues(\.version), lastRevision: desired.revision,
        lineage: desired.lineage,
        acknowledgedStatuses: state.records.compactMapValues { $0.acknowledged.isEmpty ? nil : $0.acknowledged }))
    (keepings, keeping) = AsyncStream.makeStream()
    (effects, effect) = AsyncStream.makeStream()
  }

  /// Connects, and connects again, until the task is cancelled.
  func run() async {
    // What was on its way when the agent ended is said again; what the manager is known to hold is not.
    effect.yield(.reportAll)
    await withDiscardingTaskGroup { group in
      group.addTask { await self.performKeepings() }
      group.addTask { await self.performEffects() }
      while !Task.isCancelled {
        let pause = await connect()
        guard (try? await Task.sleep(for: pause)) != nil else { break }
      }
      group.cancelAll()
    }
  }

  /// A deployment's status; empty bytes say that it is gone.
  func report(_ status: DeploymentStatus) {
    handle(.status(status))
  }

  /// Releases that wait for a person's word before they are removed; none when that is over.
  func hold(_ removals: HeldRemovals) {
    handle(.holds(removals))
  }

  // MARK: - One connection

  /// Holds one connection to its end, and says how long to wait before the next.
  private func connect() async -> Duration {
    let client = BusClient(
      configuration: BusClientConfiguration(endpoints: endpoints, serverKey: enrollment.managerPublicKey),
      keyPair: keyPair, handlers: handlers, logger: logger)
    do {
      let goaway = try await client.withConnection { channel in try await self.hold(channel) }
      ended()
      endpoints = goaway.map { $0.endpoints.isEmpty ? enrollment.endpoints : $0.endpoints } ?? enrollment.endpoints
      return pause(after: goaway)
    } catch {
      ended()
      if Task.isCancelled { return .zero }
      return pause(after: error as? RPCError ?? RPCError(.unknown, "\(error)"))
    }
  }

  /// Runs a session; returns when the manager asks to come back later.
  private func hold(_ channel: RPCChannel) async throws -> Goaway? {
    let stream = try await channel.stream(Delivery.session)
    let (messages, continuation) = AsyncStream<AgentMessage>.makeStream()
    self.channel = channel
    outgoing = continuation
    handle(.connected)
    return try await withThrowingTaskGroup(of: Goaway?.self) { group in
      group.addTask {
        for await message in messages { try await stream.send(message) }
        // The session ended it.
        throw await self.ending ?? RPCError(.cancelled, "the session is over")
      }
      group.addTask {
        for try await message in stream.messages { await self.handle(.received(message)) }
        throw RPCError(.unavailable, "the manager ended the session")
      }
      group.addTask {
        guard let goaway = await channel.goaway() else { throw RPCError(.unavailable, "the connection is over") }
        return goaway
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  private var ending: RPCError?

  private func ended() {
    outgoing?.finish()
    outgoing = nil
    channel = nil
    ending = nil
    handle(.disconnected)
  }

  private func pause(after goaway: Goaway?) -> Duration {
    let low = Double(goaway?.retryAfterMinMs ?? 100)
    let high = max(low, Double(goaway?.retryAfterMaxMs ?? 1000))
    let pause = Duration.milliseconds(Double.random(in: low...high))
    logger.info(
      "the manager asks to come back later", metadata: ["reason": "\(goaway?.reason ?? "")", "next": "\(pause)"])
    return min(pause, AgentLimits.refusalBackoff.last)
  }

  private func pause(after error: RPCError) -> Duration {
    // A session that ends at once, again and again, must not make a busy loop.
    if let welcomedAt, ContinuousClock.now - welcomedAt >= AgentLimits.sessionProof { backoff.reset() }
    welcomedAt = nil
    let place = endpoints.joined(separator: ", ")
    let isRefused = error.code == .permissionDenied || error.code == .unauthenticated
    let problem =
      isRefused
      ? "the manager at \(place) refuses this agent: \(error.message); was the cluster removed or revoked? Enrol with a new"
        + " token and an empty state directory"
      : "no session with the manager at \(place): \(error.message)"
    logger.log(level: problem == lastProblem ? .debug : .warning, "\(problem)")
    lastProblem = problem
    endpoints = enrollment.endpoints
    guard isRefused else { return backoff.next { Double.random(in: 0..<1) } }
    refusals += 1
    return min(AgentLimits.refusalBackoff.first * (1 << min(refusals - 1, 10)), AgentLimits.refusalBackoff.last)
  }

  // MARK: - What the session directs

  private func handle(_ event: AgentSession.Event) {
    for directive in core.handle(event) {
      switch directive {
      case .send(let message): outgoing?.yield(message)
      case .persist(let desired): keeping.yield(.keep(desired))
      case .apply: effect.yield(.apply)
      case .welcomed(let welcome): welcomed(welcome)
      case .complete(let revision): effect.yield(.complete(revision, lineage: core.lineage))
      case .removalsConfirmed:
        logger.notice("somebody confirmed that releases without a deployment are removed")
        deployer.confirmRemovals()
      case .statusesAcknowledged(let hashes): effect.yield(.acknowledged(hashes))
      case .reportAll: effect.yield(.reportAll)
      case .statusTooLong(let id, let bytes):
        logger.error("a status is too long for the bus", metadata: ["deployment": "\(id)", "bytes": "\(bytes)"])
      case .end(let reason):
        ending = RPCError(reason.code, reason.message)
        outgoing?.finish()
        outgoing = nil
      }
    }
  }

  private func welcomed(_ welcome: Welcome) {
    welcomedAt = .now
    refusals = 0
    lastProblem = ""
    logger.info(
      "connected to the manager",
      metadata: ["cluster": "\(enrollment.cluster)", "session": "\(welcome.sessionId)", "resumed": "\(welcome.resume)"])
  }

  private func performKeepings() async {
    for await work in keepings {
      switch work {
      case .keep(let desired): await keep(desired)
      case .collectGarbage:
        await keeper.fetcher.forgetPartials()
        do {
          try await state.blobs.collect(keeping: state.desired.digests)
        } catch {
          logger.warning("old blobs cannot be removed", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  private func keep(_ desired: Desired) async {
    do {
      let refused = try await keeper.keep(desired, over: channel)
      for item in refused {
        logger.error(
          "a version is refused; the last good one stays",
          metadata: ["deployment": "\(item.id)", "version": "\(item.version)", "error": "\(item.message)"])
      }
      handle(.persisted(refused: refused))
    } catch {
      logger.warning("desired state cannot be kept", metadata: ["error": "\(error)"])
      handle(.persistFailed(message: "\(error)"))
    }
  }

  private func performEffects() async {
    for await effect in effects {
      do {
        switch effect {
        case .apply: await apply()
        case .complete(let revision, let lineage): try await complete(revision, lineage)
        case .acknowledged(let hashes): try await acknowledge(hashes)
        case .reportAll:
          for (id, record) in state.records.sorted(by: { $0.key < $1.key })
          where !record.status.isEmpty || record.isGone {
            report(DeploymentStatus(id: id, version: record.statusVersion, status: record.status))
          }
        }
      } catch {
        logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
      }
    }
  }

  private func apply() async {
    let desired = state.desired
    var changed: [DesiredItem] = []
    for item in desired.items.values where await !deployer.holds(item) { changed.append(item) }
    let briefs = await keeper.briefs(of: changed, logger: logger)
    await deployer.update(desired, briefs: briefs)
  }

  private func complete(_ revision: UInt64, _ lineage: String) async throws {
    try await state.updateDesired {
      $0.revision = revision
      $0.lineage = lineage
    }
    keeping.yield(.collectGarbage)
    // Once is enough: later releases come and go with their deployments.
    guard !isSwept else { return }
    isSwept = true
    deployer.sweep()
  }

  private func acknowledge(_ hashes: [String: String?]) async throws {
    for (id, hash) in hashes {
      guard let record = state.record(id) else { continue }
      if hash == nil, record.isGone {
        try await state.removeRecord(id)
      } else {
        try await state.updateRecord(id) { $0.acknowledged = hash ?? "" }
      }
    }
  }
}
