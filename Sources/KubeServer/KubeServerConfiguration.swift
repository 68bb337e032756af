import Document
import Logging

/// How one API server runs.
public struct KubeServerConfiguration: Sendable {
  /// Address to listen on.
  public var host: String
  /// Port; 0 lets the system choose (see ``KubeServer/boundPort()``).
  public var port: Int
  /// Certificate and key; they are read anew for every handshake, so a renewed certificate is served at once. nil
  /// serves plain HTTP, for tests behind a loopback address alone.
  public var certificates: ServingCertificates?
  /// Finds out who is asking; nil answers 401.
  public var authenticator: Authenticator
  /// Decides what they may do.
  public var authorizer: Authorizer
  /// Paths beside the API. `/healthz`, `/livez`, `/readyz` and `/version` are the server's own.
  public var routes: [ExtraRoute]
  /// nil when ready, otherwise what is still missing; `/readyz` answers 503 with it.
  public var readiness: @Sendable () async -> String?
  /// Runs once the port is bound and before `/readyz` can answer 200: the place to write a kubeconfig.
  public var onListening: @Sendable (_ port: Int) async throws -> Void
  /// Namespaces that are made at start, if namespaces are served.
  public var initialNamespaces: [String]
  /// Whether a namespace exists; nil looks it up in the served Namespace kind, or allows all if that is not served.
  public var namespaceExists: (@Sendable (String) async throws -> Bool)?
  /// Runs before a deleted namespace's contents are removed; throwing delays the removal and is tried again.
  public var onNamespaceDeleted: @Sendable (String) async throws -> Void
  /// Bytes of one request body; more is answered 413.
  public var maximumBodyBytes: Int
  /// What `/version` says, `v1.32.4` by default so that clients choose today's conventions; a suffix may be added.
  public var gitVersion: String
  /// Seconds since 1970.
  public var now: @Sendable () -> Int64

  /// A configuration with safe defaults: nobody is let in unless `authenticator` says so.
  public init(
    host: String = "127.0.0.1", port: Int = 6443, certificates: ServingCertificates?,
    authenticator: @escaping Authenticator
  ) {
    self.host = host
    self.port = port
    self.certificates = certificates
    self.authenticator = authenticator
    self.authorizer = { _, _ in true }
    self.routes = []
    self.readiness = { nil }
    self.onListening = { _ in }
    self.initialNamespaces = ["default"]
    self.namespaceExists = nil
    self.onNamespaceDeleted = { _ in }
    self.maximumBodyBytes = Limits.bodyBytes
    self.gitVersion = "v1.32.4"
    self.now = { WallClock.now() }
  }
}
