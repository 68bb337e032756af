import Logging
import Wire

/// Holds the session with the manager: performs what Wire's `AgentSession` directs, connects again after every loss, and
/// brings statuses up. What a session brings is handed to a `SessionWork`.
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
    case removalsConfirmed
    case welcomed(nextManagerKey: CurvePublicKey?)
  }

  private let work: any SessionWork
  let logger: Logger
  private let handlers: RPCHandlers
  let keeper: (any KeyKeeper)?

  private var core: AgentSession
  var keys: LinkKeys
  var channel: RPCChannel?
  /// A connection that is open already, for the first session.
  private var first: BusConnection?
  /// The manager has proved its key, in this connection.
  private var isReached = false
  /// The end of this connection is that of the agent's old key.
  var hasSwitchedKeys = false
  /// Brings the agent's next key into use.
  var switching: Task<Void, Never>?
  /// Where the session's messages go, while there is one.
  private var outgoing: RPCStream<AgentMessage, ManagerMessage>?
  /// Messages that have to wait for credit, and how many they are: what comes after them waits behind them.
  private var backlog: AsyncStream<EncodedMessage<AgentMessage>>.Continuation?
  private var backlogCount = 0
  private var backoff = ReconnectBackoff()
  private var refusals = 0
  /// How often another agent with the same key has taken this one's place.
  private var fences = 0
  private var endpoints: [String]
  private var lastProblem = ""
  private var clockProblem = ""
  private var welcomedAt: ContinuousClock.Instant?
  private let keepings: AsyncStream<Keeping>
  private let keeping: AsyncStream<Keeping>.Continuation
  private let effects: AsyncStream<Effect>
  private let effect: AsyncStream<Effect>.Continuation

  /// - Parameters:
  ///   - durable: what is held of earlier sessions.
  ///   - keys: the agent's and the manager's.
  ///   - keeper: where changes of them are kept; nil where they are not changed.
  ///   - handlers: what the manager may call while it is connected.
  ///   - first: a connection that is open already, of these keys.
  init(
    work: any SessionWork, identity: AgentSession.Identity, durable: AgentSession.Durable,
    keys: LinkKeys, keeper: (any KeyKeeper)? = nil, handlers: RPCHandlers = RPCHandlers(),
    first: BusConnection? = nil, logger: Logger
  ) {
    self.first = first
    self.work = work
    self.logger = logger
    self.keys = keys
    self.keeper = keeper
    self.handlers = handlers
    endpoints = keys.enrollment.endpoints
    core = AgentSession(identity, durable)
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

  /// Cuts the connection, as a network would; the next one is made as after every loss.
  func cut() { channel?.close() }

  // MARK: - One connection

  /// Holds one connection to its end, and says how long to wait before the next.
  private func connect() async -> Duration {
    await work.connecting()
    // What the agent was changing to when it ended, or lost its manager, may be the only key that is still let in.
    await switching?.value
    if keys.next != nil { await activateNextKey() }
    isReached = false
    var handlers = handlers
    if keeper != nil {
      handlers.unary(ClusterService.rotateKey) { [weak self] _, _ in
        guard let self else { throw RPCError(.unavailable, "the agent is stopping") }
        return KeyChange(try await self.rotateKey())
      }
    }
    do {
      let connection = try await open(handlers)
      defer { connection.close() }
      let goaway = try await connection.use { channel in try await self.hold(channel) }
      ended()
      await work.lost(nil)
      let known = keys.enrollment.endpoints
      endpoints = goaway.map { $0.endpoints.isEmpty ? known : $0.endpoints } ?? known
      return goaway.map { pause(after: $0) } ?? backoff.next { Double.random(in: 0..<1) }
    } catch {
      ended()
      if Task.isCancelled { return .zero }
      let failure = error as? RPCError ?? RPCError(.unknown, "\(error)")
      await work.lost(failure)
      return pause(after: failure)
    }
  }

  /// The connection that there is already, or another one.
  private func open(_ handlers: RPCHandlers) async throws -> BusConnection {
    guard let open = first else { return try await client(keys.pair, handlers: handlers).open() }
    first = nil
    open.answer(with: handlers)
    return open
  }

  /// A client of the manager.
  func client(_ pair: CurveKeyPair, handlers: RPCHandlers = RPCHandlers()) -> BusClient {
    BusClient(
      configuration: BusClientConfiguration(endpoints: endpoints, serverKey: keys.managerKey), keyPair: pair,
      handlers: handlers, logger: logger)
  }

  /// Runs a session; returns when the manager asks to come back later.
  private func hold(_ channel: RPCChannel) async throws -> Goaway? {
    isReached = true
    let stream = try await channel.stream(Delivery.session)
    let (messages, continuation) = AsyncStream<EncodedMessage<AgentMessage>>.makeStream()
    self.channel = channel
    outgoing = stream
    backlog = continuation
    backlogCount = 0
    handle(.connected)
    return try await withThrowingTaskGroup(of: Goaway?.self) { group in
      group.addTask {
        for await message in messages {
          try await stream.send(message)
          await self.sentFromBacklog()
        }
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

  /// Sends a message of the session, at once where it can.
  private func send(_ message: AgentMessage) {
    guard let outgoing else { return }
    let encoded = EncodedMessage(message)
    if backlogCount == 0, outgoing.sendNow(encoded) { return }
    backlogCount += 1
    backlog?.yield(encoded)
  }

  private func sentFromBacklog() { backlogCount -= 1 }

  private func stopSending() {
    backlog?.finish()
    backlog = nil
    outgoing = nil
  }

  private func ended() {
    stopSending()
    channel = nil
    ending = nil
    handle(.disconnected)
  }

  private func pause(after goaway: Goaway) -> Duration {
    let pause = ReconnectBackoff.pause(after: goaway, limit: AgentLimits.refusalBackoff.last) {
      Double.random(in: 0..<1)
    }
    logger.info("the manager asks to come back later", metadata: ["reason": "\(goaway.reason)", "next": "\(pause)"])
    return pause
  }

  private func pause(after error: RPCError) -> Duration {
    let lasted = welcomedAt.map { ContinuousClock.now - $0 } ?? .zero
    welcomedAt = nil
    endpoints = keys.enrollment.endpoints
    if hasSwitchedKeys {
      hasSwitchedKeys = false
      return .zero
    }
    // A session that ends at once, again and again, must not make a busy loop.
    if lasted >= AgentLimits.sessionProof { backoff.reset() }
    if lasted >= AgentLimits.fenceProof { fences = 0 }
    if !isReached, error.code == .unauthenticated, keys.managerWasAnother() {
      logger.info("the manager does not prove the key that is expected; it has announced another one, which is tried")
      return backoff.next { Double.random(in: 0..<1) }
    }
    let ending = LinkEnding(error, isReached: isReached, endpoints: endpoints)
    logger.log(level: ending.problem == lastProblem ? .debug : ending.level, "\(ending.problem)")
    lastProblem = ending.problem
    switch ending.kind {
    case .lost: return backoff.next { Double.random(in: 0..<1) }
    case .refused:
      refusals += 1
      return LinkEnding.pause(after: refusals)
    case .fenced:
      fences += 1
      return LinkEnding.pause(after: fences) * Double.random(in: 0.8..<1.2)
    }
  }

  // MARK: - What the session directs

  private func handle(_ event: AgentSession.Event) {
    for directive in core.handle(event) {
      switch directive {
      case .send(let message): send(message)
      case .persist(let desired): keeping.yield(.keep(desired))
      case .apply: effect.yield(.apply)
      case .welcomed(let welcome): welcomed(welcome)
      case .complete(let revision): effect.yield(.complete(revision, lineage: core.lineage))
      case .removalsConfirmed: effect.yield(.removalsConfirmed)
      case .statusesAcknowledged(let hashes): effect.yield(.acknowledged(hashes))
      case .reportAll: effect.yield(.reportAll)
      case .statusTooLong(let id, let bytes):
        logger.error("a status is too long for the bus", metadata: ["deployment": "\(id)", "bytes": "\(bytes)"])
      case .end(let reason):
        ending = RPCError(reason.code, reason.message)
        stopSending()
      }
    }
  }

  private func welcomed(_ welcome: Welcome) {
    welcomedAt = .now
    refusals = 0
    lastProblem = ""
    if let problem = ClockCheck.problem(manager: welcome.timeMs), problem != clockProblem {
      // Said once for each clock, not at each connection; the seconds in it are always new.
      if clockProblem.isEmpty { logger.warning("\(problem)") }
      clockProblem = problem
    }
    logger.info(
      "connected to the manager",
      metadata: [
        "cluster": "\(keys.enrollment.cluster)", "session": "\(welcome.sessionId)", "resumed": "\(welcome.resume)",
      ])
    effect.yield(.welcomed(nextManagerKey: try? CurvePublicKey(bytes: welcome.nextManagerKey)))
  }

  private func performKeepings() async {
    for await next in keepings {
      switch next {
      case .keep(let desired): await keep(desired)
      case .collectGarbage:
        do {
          try await work.collectGarbage()
        } catch {
          logger.warning("old blobs cannot be removed", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  private func keep(_ desired: Desired) async {
    do {
      let refused = try await work.keep(desired, over: channel)
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
        case .apply: await work.apply()
        case .complete(let revision, let lineage):
          try await work.complete(revision, lineage: lineage)
          keeping.yield(.collectGarbage)
        case .acknowledged(let hashes): try await work.acknowledge(hashes)
        case .reportAll: for status in await work.statuses() { report(status) }
        case .welcomed(let next):
          await work.welcomed()
          // Beside the other effects, since it asks the manager.
          Task { await self.keysAfterWelcome(nextManagerKey: next) }
        case .removalsConfirmed: await work.removalsConfirmed()
        }
      } catch {
        logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
      }
    }
  }
}
