/// Why something about a git repository failed. The message names the repository without any password, says what is wrong and
/// what to do next.
public struct GitError: Error, Sendable, CustomStringConvertible {
  /// The kind of a failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case invalidURL, unreachable, repositoryNotFound, authenticationFailed, referenceNotFound, hostKeyUnknown
      case certificateInvalid, limitExceeded, timeout, cancelled, corrupt, fileNotFound, storage, failed
    }

    private let kind: Kind

    private init(_ kind: Kind) {
      self.kind = kind
    }

    /// The URL is malformed, or of a kind that is not served.
    public static let invalidURL = Code(.invalidURL)
    /// The server's name cannot be resolved, or nobody answers there.
    public static let unreachable = Code(.unreachable)
    /// The server answers, but has no such repository, or does not show it to these credentials.
    public static let repositoryNotFound = Code(.repositoryNotFound)
    /// The server wants credentials, or others than these.
    public static let authenticationFailed = Code(.authenticationFailed)
    /// The repository has no such branch, tag or commit.
    public static let referenceNotFound = Code(.referenceNotFound)
    /// The SSH server's host key is not among the known hosts.
    public static let hostKeyUnknown = Code(.hostKeyUnknown)
    /// The HTTPS server's certificate is not trusted.
    public static let certificateInvalid = Code(.certificateInvalid)
    /// A limit of ``GitLimits`` was exceeded; the message names it.
    public static let limitExceeded = Code(.limitExceeded)
    /// The server did not finish within the remote's timeout.
    public static let timeout = Code(.timeout)
    /// The task was cancelled.
    public static let cancelled = Code(.cancelled)
    /// Stored or received objects are damaged, or a tree holds names that no git would write.
    public static let corrupt = Code(.corrupt)
    /// The tree has no such file.
    public static let fileNotFound = Code(.fileNotFound)
    /// The mirror's directory cannot be read or written.
    public static let storage = Code(.storage)
    /// Anything else; the message has the library's words.
    public static let failed = Code(.failed)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do next. Never holds a password or a key.
  public let message: String
  /// The error underneath, when there is one.
  public let cause: (any Error)?

  /// An error with all its parts.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
