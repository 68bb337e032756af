/// What went wrong in the agent: what, where and what to do next. Never holds a secret.
public struct AgentError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure that callers tell apart. More may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case stateInUse, corruptState, newerState, file, storageFull, limitExceeded, registration, refused, content,
        cluster, child, address
    }

    private let kind: Kind

    /// Another agent works on the state directory.
    public static let stateInUse = Code(kind: .stateInUse)
    /// A file of the state directory is not what was written there.
    public static let corruptState = Code(kind: .corruptState)
    /// A newer version wrote the state directory.
    public static let newerState = Code(kind: .newerState)
    /// A file cannot be read or written.
    public static let file = Code(kind: .file)
    /// The state directory's disk is full.
    public static let storageFull = Code(kind: .storageFull)
    /// A limit of ``AgentLimits`` was reached; the message names it.
    public static let limitExceeded = Code(kind: .limitExceeded)
    /// The registration values cannot be used.
    public static let registration = Code(kind: .registration)
    /// The manager does not let this agent in.
    public static let refused = Code(kind: .refused)
    /// A blob is not what its digest says, or cannot be decoded.
    public static let content = Code(kind: .content)
    /// The cluster does not answer, or refuses.
    public static let cluster = Code(kind: .cluster)
    /// A child process cannot be started.
    public static let child = Code(kind: .child)

    /// An address cannot be listened on.
    public static let address = Code(kind: .address)

    /// The code's name, for logs.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do next.
  public let message: String
  /// The failure below this one, where there is one.
  public let cause: (any Error)?

  /// Makes an error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
