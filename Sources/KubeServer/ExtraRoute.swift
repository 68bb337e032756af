/// A path of the server that is no part of the Kubernetes API: `/metrics`, `/webhook`, ...
public struct ExtraRoute: Sendable {
  /// What a handler is given.
  public struct Request: Sendable {
    /// HTTP method in capitals.
    public let method: String
    /// Path without the query.
    public let path: String
    /// Query parameters, decoded; the last of equal names wins.
    public let query: [String: String]
    /// Headers, names in lower case.
    public let headers: [String: String]
    /// The body, read whole within the configured limit.
    public let body: [UInt8]
  }

  /// What a handler answers.
  public struct Response: Sendable {
    /// HTTP status code.
    public var status: Int
    /// Media type of the body.
    public var contentType: String
    /// The body.
    public var body: [UInt8]
    /// Further headers.
    public var headers: [String: String]

    /// Makes an answer.
    public init(
      status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: [UInt8] = [],
      headers: [String: String] = [:]
    ) {
      self.status = status
      self.contentType = contentType
      self.body = body
      self.headers = headers
    }

    /// A plain text answer.
    public static func text(_ text: String, status: Int = 200) -> Response {
      Response(status: status, body: Array(text.utf8))
    }
  }

  /// Exact path, starting with `/`.
  public let path: String
  /// Methods in capitals; others are answered 405.
  public let methods: Set<String>
  /// Whether the authenticator has to know who is asking.
  public let requiresAuthentication: Bool
  /// Answers a request; an error becomes a Status.
  public let handler: @Sendable (Request) async throws -> Response

  /// Makes a route.
  public init(
    path: String, methods: Set<String> = ["GET"], requiresAuthentication: Bool,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    self.path = path
    self.methods = methods
    self.requiresAuthentication = requiresAuthentication
    self.handler = handler
  }
}
