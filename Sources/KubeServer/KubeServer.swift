import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// The Kubernetes API conventions over HTTPS for any set of kinds, so that a stock kubectl and client libraries work.
///
/// Run it in a `ServiceGroup`: graceful shutdown ends watches, lets running requests finish and closes idle connections.
public final class KubeServer: Service {
  private let configuration: KubeServerConfiguration
  private let service: APIService
  private let started: StartState
  private let logger: Logger

  /// Prepares a server. Throws `internalError` if a kind's schema or columns are malformed, or a kind is given twice.
  public init(
    configuration: KubeServerConfiguration, kinds: [(ResourceKind, any ResourceStorage)], logger: Logger
  ) throws {
    self.configuration = configuration
    self.logger = logger
    started = StartState()
    service = APIService(
      configuration: configuration, registry: try Registry(kinds), logger: logger, started: started)
  }

  /// The port that is listened on; waits until it is bound, and throws if binding failed.
  public func boundPort() async throws -> Int { try await started.port() }

  /// Serves until graceful shutdown or cancellation.
  public func run() async throws {
    do {
      try await serve()
      started.settle(.failure(KubeError(.unavailable, "the API server has stopped")))
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      let taken = KubeError(
        .unavailable,
        "cannot listen on \(configuration.host):\(configuration.port): another program does; choose another address",
        cause: error)
      started.settle(.failure(taken))
      throw taken
    } catch {
      let failure = KubeError.internalError("the API server did not start or stopped: \(error)", cause: error)
      started.settle(.failure(failure))
      throw error
    }
  }

  private func serve() async throws {
    try await service.namespaces.makeInitial()
    let (bound, source) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let application = Application(
      responder: HTTPBridge(service: service, configuration: configuration, logger: logger),
      server: try server(),
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(Limits.connections, logger: logger)),
      onServerRunning: { channel in source.yield(channel.localAddress?.port ?? 0) },
      logger: quietLogger())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { source.finish() }
        try await application.run()
      }
      group.addTask { try await self.finishStart(bound) }
      // The janitor and the certificate's renewal run beside the server, and end with it.
      group.addTask { try await self.keepRunning("namespaces") { try await self.service.namespaces.runJanitor() } }
      group.addTask { try await self.renewCertificates() }
      try await group.next()
      group.cancelAll()
    }
  }

  private func finishStart(_ bound: AsyncStream<Int>) async throws {
    for await port in bound {
      started.settle(.success(port))
      try await configuration.onListening(port)
      started.markReady()
      logger.info("API server is listening", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
    }
  }

  /// Starts a background part again after it failed, so that one unreadable object does not stop it for good.
  private func keepRunning(_ name: String, _ body: @Sendable () async throws -> Void) async throws {
    while !Task.isCancelled {
      do { try await body() } catch is CancellationError { return } catch {
        logger.warning(
          "a part of the API server failed and is started again",
          metadata: [
            "part": "\(name)", "error": "\(error)",
          ])
      }
      try await Task.sleep(for: .seconds(1))
    }
  }

  private func renewCertificates() async throws {
    guard let certificates = configuration.certificates else { return }
    while true {
      try await Task.sleep(for: .seconds(6 * 3600))
      do {
        if try certificates.renewIfNeeded() { logger.info("the serving certificate was renewed") }
      } catch {
        logger.warning("the serving certificate could not be renewed", metadata: ["error": "\(error)"])
      }
    }
  }

  /// The library's own messages are below ours: its info is our debug.
  private func quietLogger() -> Logger {
    var logger = self.logger
    if logger.logLevel == .info { logger.logLevel = .notice }
    return logger
  }

  private func server() throws -> HTTPServerBuilder {
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        idleTimeout: .seconds(Int64(Limits.idleSeconds)),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: Limits.headerBytes, maxHeaderListSize: Limits.headerBytes,
          maxHeaderFieldCount: Limits.headerFields)))
    guard let certificates = configuration.certificates else { return http }
    return try .tls(http, tlsConfiguration: try certificates.tlsConfiguration())
  }
}
