import Document

/// Why a request to a Kubernetes API server, or the way to it, failed.
public struct KubeClientError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure, for code that reacts to it.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String, Hashable {
      case notFound, alreadyExists, conflict, forbidden, unauthorized, invalid, badRequest, expired, tooManyRequests
      case unavailable, timeout, serverError, unsupported, tooLarge, malformed, configuration, cancelled
    }
    private let kind: Kind

    /// The object, or the kind of object, does not exist (404).
    public static let notFound = Code(kind: .notFound)
    /// An object of that name exists already (409, reason AlreadyExists).
    public static let alreadyExists = Code(kind: .alreadyExists)
    /// The object changed meanwhile, or another manager owns the field (409, reason Conflict).
    public static let conflict = Code(kind: .conflict)
    /// The credentials do not allow this (403).
    public static let forbidden = Code(kind: .forbidden)
    /// The credentials are not accepted (401).
    public static let unauthorized = Code(kind: .unauthorized)
    /// The object breaks its schema or an admission rule (422), or the request names something impossible.
    public static let invalid = Code(kind: .invalid)
    /// The server does not understand the request (400).
    public static let badRequest = Code(kind: .badRequest)
    /// The resource version or continue token is too old: list again (410).
    public static let expired = Code(kind: .expired)
    /// The server is busy, also after the bounded retries (429).
    public static let tooManyRequests = Code(kind: .tooManyRequests)
    /// There is no connection, or the server says that it cannot serve now (503).
    public static let unavailable = Code(kind: .unavailable)
    /// No answer in time, or the server's own time-out (504). Whether a write took effect is not known.
    public static let timeout = Code(kind: .timeout)
    /// The server failed (other 5xx).
    public static let serverError = Code(kind: .serverError)
    /// The server does not do this at all: wrong verb or media type (405, 406, 415).
    public static let unsupported = Code(kind: .unsupported)
    /// The answer, or the request (413), is larger than the limit.
    public static let tooLarge = Code(kind: .tooLarge)
    /// The answer is not what the Kubernetes API promises.
    public static let malformed = Code(kind: .malformed)
    /// The kubeconfig, or the pod's service account, cannot be used.
    public static let configuration = Code(kind: .configuration)
    /// The task was cancelled, or the client was shut down.
    public static let cancelled = Code(kind: .cancelled)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// What kind of failure this is.
  public let code: Code
  /// What failed, where, and where it is known what to do.
  public let message: String
  /// The HTTP status, if the server answered.
  public let status: Int?
  /// The machine-readable reason of the server's Status, such as `NotFound`; empty if it gave none.
  public let reason: String
  /// How long the server asks to wait before the next try.
  public let retryAfter: Duration?
  /// The single causes in the server's Status: a field's path (or empty) with what is wrong there.
  public let fields: [Field]
  /// The error below this one.
  public let cause: (any Error)?

  /// One thing that the server found wrong.
  public struct Field: Sendable, Hashable {
    /// The field's path, such as `spec.replicas`.
    public let path: String
    /// What is wrong with it.
    public let message: String
  }

  /// An error of this module's own making.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.init(code, message, status: nil, cause: cause)
  }

  init(
    _ code: Code, _ message: String, status: Int?, reason: String = "", retryAfter: Duration? = nil,
    fields: [Field] = [],
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.status = status
    self.reason = reason
    self.retryAfter = retryAfter
    self.fields = fields
    self.cause = cause
  }

  /// The error with what was being done put before its message.
  func doing(_ what: String) -> KubeClientError {
    KubeClientError(
      code, "\(what): \(message)", status: status, reason: reason, retryAfter: retryAfter, fields: fields, cause: cause)
  }

  /// The message.
  public var description: String { message }
}

extension KubeClientError {
  /// The error that an answer with a failure status stands for. `body` is the answer's, if it is JSON: normally a Status.
  init(status: Int, body: Value?, text: String, retryAfter header: Duration? = nil) {
    let isStatus = body?["kind"] == "Status"
    let reason = isStatus ? body?["reason"]?.string ?? "" : ""
    let details = isStatus ? body?["details"] : nil
    let seconds = details?["retryAfterSeconds"]?.int
    let fields = (details?["causes"]?.array ?? []).map {
      Field(path: $0["field"]?.string ?? "", message: $0["message"]?.string ?? "")
    }
    let shown = text.prefix(300).split(whereSeparator: \.isNewline).joined(separator: " ")
    let message = isStatus ? body?["message"]?.string : nil
    self.init(
      Self.code(status: status, reason: reason),
      message ?? (shown.isEmpty ? "the server answered with HTTP status \(status)" : "HTTP status \(status): \(shown)"),
      status: status, reason: reason, retryAfter: seconds.map { .seconds($0) } ?? header, fields: fields)
  }

  private static func code(status: Int, reason: String) -> Code {
    switch reason {
    case "AlreadyExists": return .alreadyExists
    case "Conflict": return .conflict
    case "Expired", "Gone": return .expired
    case "Timeout", "ServerTimeout": return .timeout
    default: break
    }
    switch status {
    case 400: return .badRequest
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return .notFound
    case 405, 406, 415: return .unsupported
    case 409: return .conflict
    case 410: return .expired
    case 413: return .tooLarge
    case 422: return .invalid
    case 429: return .tooManyRequests
    case 503: return .unavailable
    case 504: return .timeout
    default: return status >= 500 ? .serverError : .malformed
    }
  }
}
