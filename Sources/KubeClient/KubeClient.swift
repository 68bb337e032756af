import Document
import Logging

/// A client of one cluster's API server, as the agent on it uses it. Safe to share between tasks.
///
/// Every request is bounded in time and size by its limits, and tried again where the server asks for it (429, 503). Objects are
/// plain `Value` trees. Call `shutdown()` when done.
public final class KubeClient: Sendable {
  /// The server and credentials.
  public let config: KubeConfig
  /// The bounds of every request.
  public let limits: KubeClientLimits
  let transport: Transport
  let discoveryCache: DiscoveryCache
  let logger: Logger

  /// Prepares a client; it connects with the first request.
  ///
  /// - Parameters:
  ///   - config: the server and credentials.
  ///   - userAgent: what the server's audit log calls this client, such as `flotilla-agent/0.1.0`.
  ///   - limits: the bounds of every request.
  ///   - logger: told of retries and of what goes wrong in the background.
  /// - Throws: `.configuration` when the address or a certificate is unusable.
  public init(
    config: KubeConfig, userAgent: String = "flotilla", limits: KubeClientLimits = .init(), logger: Logger
  ) throws(KubeClientError) {
    self.config = config
    self.limits = limits
    self.logger = logger
    transport = try Transport(config, userAgent: userAgent, limits: limits, logger: logger)
    discoveryCache = DiscoveryCache(transport: transport, limits: limits)
  }

  /// Closes all connections. Requests and watches under way end with `.cancelled`; the client must not be used afterwards.
  public func shutdown() async { await transport.shutdown() }

  /// The server's version document: `gitVersion`, `major`, `minor`, ...
  public func serverVersion() async throws(KubeClientError) -> Value {
    try await transport.value(KubeRequest(method: .GET, path: "/version"))
  }

  /// Whether the server says that it is ready to serve (`/readyz`).
  public func isReady() async -> Bool {
    do throws(KubeClientError) {
      _ = try await transport.bytes(KubeRequest(method: .GET, path: "/readyz", accept: "*/*"))
      return true
    } catch {
      return false
    }
  }

  /// The answer's bytes to a GET of any path, such as a pod's log.
  ///
  /// - Parameters:
  ///   - path: below the server's address, percent-encoded.
  ///   - query: names and values, not encoded.
  public func raw(path: String, query: [(name: String, value: String)] = []) async throws(KubeClientError) -> [UInt8] {
    let body = try await transport.bytes(KubeRequest(method: .GET, path: path, query: query, accept: "*/*"))
    return Array(body.readableBytesView)
  }
}
