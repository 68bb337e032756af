/// How much the client takes, and how long it waits. Every part has a default that suits a cluster's own agent.
public struct KubeClientLimits: Sendable, Hashable {
  /// Until a connection with TLS stands. Default 10 s.
  public var connectTimeout: Duration = .seconds(10)
  /// Until an answer's head has come. Default 60 s, like the API server's own limit.
  public var requestTimeout: Duration = .seconds(60)
  /// Between two parts of an answer. Default 30 s.
  public var idleTimeout: Duration = .seconds(30)
  /// How long the server is asked to keep one watch open. Default 5 minutes; a watch without any sign for 30 s more is dead.
  public var watchTimeout: Duration = .seconds(300)
  /// Bytes in one answer. Default 64 MiB.
  public var responseBytes = 64 << 20
  /// Bytes in one watch event, that is one object. Default 8 MiB; etcd itself takes 1.5 MiB.
  public var watchEventBytes = 8 << 20
  /// Nesting of what the server sends. Default 200.
  public var depth = 200
  /// Objects asked for at once when everything is listed. Default 500.
  public var pageSize = 500
  /// Pages of one complete list. Default 2,000.
  public var pages = 2_000
  /// Tries of a request that the server answers with 429 or 503, the first included. Default 4.
  public var attempts = 4
  /// The longest wait between two tries, whatever the server asks for. Default 10 s.
  public var retryDelay: Duration = .seconds(10)
  /// Discovery requests under way at once. Default 8.
  public var discoveryRequests = 8
  /// Bytes of a kubeconfig, a certificate or a token file. Default 4 MiB.
  public var configurationBytes = 4 << 20
  /// How long a token read from a file is used before the file is read again. Default 30 s; tokens are renewed well ahead.
  public var tokenAge: Duration = .seconds(30)

  /// The defaults.
  public init() {}
}
