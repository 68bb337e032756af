import CZeroMQ
import Logging
import Synchronization

/// An agent's end of the bus: makes one connection at a time. Connecting again after a loss is its user's loop, with a
/// `ReconnectBackoff`.
public struct BusClient: Sendable {
  private let configuration: BusClientConfiguration
  private let keyPair: CurveKeyPair
  private let handlers: RPCHandlers
  private let logger: Logger

  /// Makes a client; nothing is opened before `withConnection`. `handlers` answer calls of the server.
  public init(
    configuration: BusClientConfiguration, keyPair: CurveKeyPair, handlers: RPCHandlers = RPCHandlers(), logger: Logger
  ) {
    self.configuration = configuration
    self.keyPair = keyPair
    self.handlers = handlers
    self.logger = logger
  }

  /// Connects, runs `body` with the connection, and closes it when `body` is done.
  ///
  /// When the connection is lost, `body`'s task is cancelled and the loss is thrown. Throws `RPCError`: `unavailable` when no
  /// endpoint answers in time or the connection is lost, `unauthenticated` when the server has another key than configured,
  /// `permissionDenied` when it refuses this key; and whatever `body` throws.
  public func withConnection<Result: Sendable>(
    _ body: @escaping @Sendable (RPCChannel) async throws -> Result
  ) async throws -> Result {
    let connection = try await open()
    defer { connection.close() }
    return try await connection.use(body)
  }

  /// Connects. Throws `RPCError` as `withConnection` does.
  public func open() async throws(RPCError) -> BusConnection { BusConnection(try await connect()) }

  private func connect() async throws(RPCError) -> RPCConnection {
    var failure = RPCError(.unavailable, "no endpoint of the manager is configured")
    for endpoint in configuration.endpoints {
      do throws(RPCError) {
        return try await connect(to: endpoint)
      } catch {
        logger.debug("connecting failed", metadata: ["endpoint": "\(endpoint)", "error": "\(error)"])
        failure = error
      }
    }
    throw failure
  }

  private func connect(to endpoint: String) async throws(RPCError) -> RPCConnection {
    let connection =
      endpoint.hasPrefix(InProcessRegistry.scheme) ? try connectInProcess(endpoint) : try connectSocket(endpoint)
    do throws(RPCError) {
      try await connection.waitUntilEstablished()
      if Task.isCancelled { throw RPCError(.cancelled, "connecting was cancelled") }
      return connection
    } catch {
      connection.close()
      throw error
    }
  }

  private func connectSocket(_ endpoint: String) throws(RPCError) -> RPCConnection {
    let runtime: ClientRuntime
    do throws(WireError) {
      runtime = try ClientRuntime.shared.get()
    } catch {
      throw RPCError(.internal, error.message, cause: error)
    }
    let connection = makeConnection(driver: runtime.loop)
    let (context, configuration, keyPair) = (runtime.context, configuration, keyPair)
    runtime.loop.run { state in
      do throws(WireError) {
        let dealer = try DealerEndpoint(context, endpoint: endpoint, configuration, keyPair, connection)
        state.add(dealer)
        state.attach(connection, to: dealer)
      } catch {
        connection.fail(RPCError(.unavailable, error.message, cause: error))
      }
    }
    return connection
  }

  private func connectInProcess(_ endpoint: String) throws(RPCError) -> RPCConnection {
    guard let listener = InProcessRegistry.listener(at: endpoint) else {
      throw RPCError(.unavailable, "nobody answers at \(endpoint): is the manager running, and the address right?")
    }
    guard listener.serverKey == configuration.serverKey else {
      throw RPCError(
        .unauthenticated, "the manager at \(endpoint) has another key than \(configuration.serverKey.base64URL)")
    }
    let connection = makeConnection(driver: listener.driver)
    listener.accept(connection, keyPair.publicKey)
    return connection
  }

  private func makeConnection(driver: any ConnectionDriver) -> RPCConnection {
    var core = RPCConnectionCore.Configuration()
    core.streamCreditBytes = configuration.streamCreditBytes
    core.connectionCreditBytes = configuration.connectionCreditBytes
    core.streamsMax = configuration.streamsMax
    core.handshakeTimeout = configuration.connectTimeout
    if configuration.insecure { core.publicKey = keyPair.publicKey.bytes }
    return RPCConnection(
      peer: configuration.serverKey, core: RPCConnectionCore(side: .connecting, configuration: core, now: .now),
      handlers: handlers, driver: driver, logger: logger,
      // The manager proved its key before anything else was said.
      admission: { .known("manager") })
  }
}

/// What the clients of one process share: a libzmq context and an I/O thread, for the life of the process. Many clients
/// (simulated agents) then cost sockets, not threads.
final class ClientRuntime: Sendable {
  static let shared: Result<ClientRuntime, WireError> = {
    do throws(WireError) {
      return .success(try ClientRuntime())
    } catch {
      return .failure(error)
    }
  }()

  let context: ZeroMQContext
  let loop: IOLoop

  private init() throws(WireError) {
    context = try ZeroMQContext(ioThreads: 1, socketsMax: 60_000)
    loop = try IOLoop(named: "bus-client")
  }
}
