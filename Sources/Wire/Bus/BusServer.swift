import Logging
import ServiceLifecycle
import Synchronization

/// The manager's end of the bus: listens for peers, lets them in by their keys, and answers their calls with its handlers.
///
/// One I/O thread drives the socket, another answers the handshakes. `run` works until its task is cancelled or a graceful
/// shutdown begins, and may be called once.
public final class BusServer: Service, Sendable {
  private enum Phase {
    case created([CheckedContinuation<Void, Never>])
    case listening(String)
    case failed(WireError)
  }

  let configuration: BusServerConfiguration
  private let keyPair: CurveKeyPair
  let admissions: Admissions
  private let logger: Logger
  private let phase = Mutex(Phase.created([]))

  /// Makes a server; nothing is opened before `run`.
  public init(
    configuration: BusServerConfiguration, keyPair: CurveKeyPair, directory: KeyDirectory, handlers: RPCHandlers,
    logger: Logger
  ) {
    self.configuration = configuration
    self.keyPair = keyPair
    self.logger = logger
    var core = RPCConnectionCore.Configuration()
    core.streamCreditBytes = configuration.streamCreditBytes
    core.connectionCreditBytes = configuration.connectionCreditBytes
    core.streamsMax = configuration.streamsPerConnection
    core.heartbeatInterval = configuration.heartbeatInterval
    core.handshakeTimeout = configuration.handshakeTimeout
    let possible = DescriptorLimit.raise()
    if possible < configuration.connectionsMax {
      logger.warning(
        "the limit on open files allows fewer connections than configured; raise it (ulimit -n, LimitNOFILE=)",
        metadata: ["configured": "\(configuration.connectionsMax)", "possible": "\(possible)"])
    }
    let connectionsMax = min(possible, configuration.connectionsMax)
    admissions = Admissions(
      Admissions.Parameters(
        core: core, connectionsMax: connectionsMax,
        strangersMax: min(configuration.strangersMax, max(1, connectionsMax / 3)), directory: directory,
        handlers: handlers, logger: logger))
  }

  /// Connections that are open.
  public var connectionCount: Int { admissions.count }
  /// What was counted so far.
  public var counters: BusCounters { admissions.counters.snapshot }
  /// Whether the key has an open connection.
  public func isConnected(_ key: CurvePublicKey) -> Bool { admissions.connection(of: key) != nil }
  /// The key's open connection, for calling its peer.
  public func channel(to key: CurvePublicKey) -> RPCChannel? { admissions.connection(of: key).map(RPCChannel.init) }

  /// Ends the key's connection; its streams fail with `permissionDenied` where it is revoked and `unavailable` otherwise.
  public func disconnect(_ key: CurvePublicKey) {
    let isRevoked = admissions.parameters.directory.lookup(key) == .revoked
    let revoked = RPCError(.permissionDenied, "this key is revoked; enrol anew")
    let cut = RPCError(.unavailable, "the manager ended this connection; connect again")
    admissions.connection(of: key)?.close(isRevoked ? revoked : cut)
  }

  /// Where the server listens, with the port that it got. Waits until it does; throws why it cannot.
  public func boundEndpoint() async throws -> String {
    await withCheckedContinuation { waiter in
      let isKnown = phase.withLock { phase in
        guard case .created(let waiters) = phase else { return true }
        phase = .created(waiters + [waiter])
        return false
      }
      if isKnown { waiter.resume() }
    }
    switch phase.withLock({ $0 }) {
    case .listening(let endpoint): return endpoint
    case .failed(let error): throw error
    case .created: throw WireError(.configuration, "the server does not run")
    }
  }

  /// Listens until graceful shutdown (peers are sent away over `drainWindow`, open streams get `drainTimeout`) or cancellation. Throws
  /// `WireError` when the endpoint cannot be had. Returns when the last handler has returned.
  public func run() async throws {
    let listener: any BusListener
    do throws(WireError) {
      listener = try await open()
    } catch {
      announce(.failed(error))
      throw error
    }
    announce(.listening(listener.endpoint))
    logger.info("bus listening", metadata: ["endpoint": "\(listener.endpoint)"])
    let observer = admissions.parameters.directory.observeRemovals { [weak self] key in self?.disconnect(key) }
    // Ends by shutdown, or by an error that says the task was cancelled.
    let isGraceful = (try? await gracefulShutdown()) != nil && !Task.isCancelled
    if isGraceful { await drain() }
    admissions.parameters.directory.stopObserving(observer)
    await listener.stop()
    // Their streams have ended, so handlers are cancelled; what they use is closed by others when this returns.
    await admissions.parameters.tracker.waitUntilIdle()
  }

  private func open() async throws(WireError) -> any BusListener {
    if configuration.endpoint.hasPrefix(InProcessRegistry.scheme) {
      return try InProcessListener(configuration.endpoint, keyPair, admissions)
    }
    return try await SocketListener.open(configuration, keyPair, admissions)
  }

  private func announce(_ next: Phase) {
    let waiters = phase.withLock { phase in
      var waiters: [CheckedContinuation<Void, Never>] = []
      if case .created(let waiting) = phase { waiters = waiting }
      phase = next
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
