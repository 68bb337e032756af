/// What went wrong with bytes, keys or sockets of the bus. Calls over the bus fail with `RPCError` instead.
public struct WireError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure; more kinds may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String { case malformed, tooLarge, invalidKey, file, system, configuration }
    private let kind: Kind
    /// Bytes that are not the message they should be.
    public static let malformed = Code(kind: .malformed)
    /// Bytes, or what they would become in memory, beyond a limit of `WireLimits`.
    public static let tooLarge = Code(kind: .tooLarge)
    /// Text or bytes that are not a CURVE key.
    public static let invalidKey = Code(kind: .invalidKey)
    /// A key file that cannot be read or written.
    public static let file = Code(kind: .file)
    /// A call to the operating system or to libzmq that failed.
    public static let system = Code(kind: .system)
    /// A configuration that cannot work.
    public static let configuration = Code(kind: .configuration)
    /// The kind's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What, where, and what to do next. Never holds a secret.
  public let message: String
  /// The failure below this one, where there is one.
  public let cause: (any Error)?

  /// Makes an error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// "code: message".
  public var description: String { "\(code): \(message)" }
}
