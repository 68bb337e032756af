/// How a call over the bus failed, here or on the other side.
///
/// A handler that throws one sends `code` and `message` to the caller; `cause` stays where it is.
public struct RPCError: Error, Sendable, CustomStringConvertible {
  /// gRPC's canonical code, never `ok`.
  public let code: StatusCode
  /// What, where, and what to do next.
  public let message: String
  /// The failure below this one, where there is one.
  public let cause: (any Error)?

  /// Makes an error; the code `ok` becomes `unknown`.
  public init(_ code: StatusCode, _ message: String, cause: (any Error)? = nil) {
    self.code = code == .ok ? .unknown : code
    self.message = message
    self.cause = cause
  }

  /// "CODE: message".
  public var description: String { "\(code): \(message)" }

  /// The error as is, or what a caller is told of an error of another type: nothing but that there was one.
  public init(hiding error: any Error) {
    switch error {
    case let error as RPCError: self = error
    case is CancellationError: self.init(.cancelled, "the work was cancelled")
    default: self.init(.internal, "the other side's handler failed; its log says why", cause: error)
    }
  }
}

extension RPCError {
  /// An error without its cause, for directives that are compared.
  public struct Ending: Sendable, Hashable {
    /// The code to end with.
    public let code: StatusCode
    /// The message to end with.
    public let message: String

    /// Makes an ending.
    public init(code: StatusCode, message: String) {
      self.code = code
      self.message = message
    }

    /// The error to throw or to cancel a stream with.
    public var error: RPCError { RPCError(code, message) }
  }
}
