import Document

/// What a request failed with, as the Kubernetes API says it: a reason, an HTTP status and a message for a person.
///
/// A ``ResourceStorage`` throws it too; any other error it throws is answered as `InternalError`.
public struct KubeError: Error, Sendable, CustomStringConvertible {
  /// A `reason` of `metav1.Status` with the HTTP status that belongs to it.
  public struct Code: Hashable, Sendable {
    private enum Kind: String {
      case badRequest = "BadRequest"
      case unauthorized = "Unauthorized"
      case forbidden = "Forbidden"
      case notFound = "NotFound"
      case methodNotAllowed = "MethodNotAllowed"
      case notAcceptable = "NotAcceptable"
      case alreadyExists = "AlreadyExists"
      case conflict = "Conflict"
      case expired = "Expired"
      case entityTooLarge = "RequestEntityTooLarge"
      case unsupportedMediaType = "UnsupportedMediaType"
      case invalid = "Invalid"
      case tooManyRequests = "TooManyRequests"
      case internalError = "InternalError"
      case unavailable = "ServiceUnavailable"
      case timeout = "Timeout"
    }
    private let kind: Kind

    /// The `reason` of the Status.
    public var reason: String { kind.rawValue }

    /// The HTTP status code.
    public var status: Int {
      switch kind {
      case .badRequest: 400
      case .unauthorized: 401
      case .forbidden: 403
      case .notFound: 404
      case .methodNotAllowed: 405
      case .notAcceptable: 406
      case .alreadyExists, .conflict: 409
      case .expired: 410
      case .entityTooLarge: 413
      case .unsupportedMediaType: 415
      case .invalid: 422
      case .tooManyRequests: 429
      case .internalError: 500
      case .unavailable: 503
      case .timeout: 504
      }
    }

    /// The request makes no sense: 400.
    public static let badRequest = Code(kind: .badRequest)
    /// Nobody is known to be asking: 401.
    public static let unauthorized = Code(kind: .unauthorized)
    /// Known, and not allowed: 403.
    public static let forbidden = Code(kind: .forbidden)
    /// No such object or path: 404.
    public static let notFound = Code(kind: .notFound)
    /// The path exists, the method does not: 405.
    public static let methodNotAllowed = Code(kind: .methodNotAllowed)
    /// None of the wanted representations can be made: 406.
    public static let notAcceptable = Code(kind: .notAcceptable)
    /// A create of a name that is taken: 409.
    public static let alreadyExists = Code(kind: .alreadyExists)
    /// Somebody else changed the object first, or owns the field: 409.
    public static let conflict = Code(kind: .conflict)
    /// The resource version or continue token is too old: 410.
    public static let expired = Code(kind: .expired)
    /// The body is over the limit: 413.
    public static let entityTooLarge = Code(kind: .entityTooLarge)
    /// The body's media type is not understood: 415.
    public static let unsupportedMediaType = Code(kind: .unsupportedMediaType)
    /// The object breaks its kind's rules: 422.
    public static let invalid = Code(kind: .invalid)
    /// Come back later: 429.
    public static let tooManyRequests = Code(kind: .tooManyRequests)
    /// A fault of the server: 500.
    public static let internalError = Code(kind: .internalError)
    /// Not ready, or shutting down: 503.
    public static let unavailable = Code(kind: .unavailable)
    /// The server did not finish in time: 504.
    public static let timeout = Code(kind: .timeout)
  }

  /// One entry of `details.causes`.
  public struct Cause: Hashable, Sendable {
    /// Machine-readable, such as `FieldValueInvalid`.
    public var reason: String
    /// For a person.
    public var message: String
    /// The path of the field, such as `spec.targets[0].name`; empty if none.
    public var field: String

    /// Makes a cause.
    public init(reason: String, message: String, field: String) {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  /// `details` of the Status: which object, and why.
  public struct Details: Hashable, Sendable {
    /// Name of the object; may be empty.
    public var name = ""
    /// API group; empty for core.
    public var group = ""
    /// The kind for `Invalid`, the plural resource otherwise.
    public var kind = ""
    /// The object's uid, if it helps.
    public var uid = ""
    /// The fields at fault.
    public var causes: [Cause] = []
    /// Seconds after which to try again; 0 says nothing.
    public var retryAfterSeconds = 0

    /// Empty details.
    public init() {}
  }

  /// Reason and HTTP status.
  public var code: Code
  /// What went wrong, where, and what to do.
  public var message: String
  /// Object and fields, where there are any.
  public var details: Details?
  /// What lies beneath; logged, never sent to a client.
  public var cause: (any Error)?

  /// Makes an error from its parts. The factories in `KubeError+Factories.swift` word the usual ones as Kubernetes does.
  public init(_ code: Code, _ message: String, details: Details? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.details = details
    self.cause = cause
  }

  /// Reason and message on one line.
  public var description: String { "\(code.reason): \(message)" }

  /// The error as a `metav1.Status` document.
  public var status: Value {
    var status: [String: Value] = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
      "message": .string(message), "reason": .string(code.reason), "code": .integer(Int64(code.status)),
    ]
    if let details { status["details"] = details.value }
    return .object(status)
  }
}

extension KubeError.Details {
  var value: Value {
    var fields: [String: Value] = [:]
    for (key, text) in [("name", name), ("group", group), ("kind", kind), ("uid", uid)] where !text.isEmpty {
      fields[key] = .string(text)
    }
    if !causes.isEmpty { fields["causes"] = .array(causes.map(\.value)) }
    if retryAfterSeconds > 0 { fields["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
    return .object(fields)
  }
}

extension KubeError.Cause {
  var value: Value {
    var fields: [String: Value] = ["reason": .string(reason), "message": .string(message)]
    if !field.isEmpty { fields["field"] = .string(field) }
    return .object(fields)
  }
}
