import Confinement

/// Why there is no build: which kustomization, what is wrong with it, and what to do next.
public struct KustomizerError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure that callers tell apart. More may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case toolMissing, invalidFiles, noKustomization, remoteBase, outsideOfBundle, buildFailed, limitExceeded,
        cancelled
      case toolFailed, timeLimit, overloaded
    }

    private let kind: Kind

    /// Neither kustomize nor kubectl is installed, or the one that was named is not.
    public static let toolMissing = Code(kind: .toolMissing)
    /// The files do not form a directory: a path that is absolute, leaves it, or names a file and a directory.
    public static let invalidFiles = Code(kind: .invalidFiles)
    /// The directory holds no kustomization.
    public static let noKustomization = Code(kind: .noKustomization)
    /// A kustomization refers to something that would have to be fetched, or run.
    public static let remoteBase = Code(kind: .remoteBase)
    /// A kustomization refers to something outside of the bundle.
    public static let outsideOfBundle = Code(kind: .outsideOfBundle)
    /// kustomize refuses the kustomization. The message holds its own words.
    public static let buildFailed = Code(kind: .buildFailed)
    /// A limit of ``KustomizerLimits``, which the message names, but for the time's.
    public static let limitExceeded = Code(kind: .limitExceeded)
    /// The build took too long, which it need not do again on a machine that has less to do.
    public static let timeLimit = Code(kind: .timeLimit)
    /// The task was cancelled.
    public static let cancelled = Code(kind: .cancelled)
    /// The tool could not be run, or crashed.
    public static let toolFailed = Code(kind: .toolFailed)
    /// Too many builds wait already.
    public static let overloaded = Code(kind: .overloaded)

    /// The code's name in lower camel case.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What, where and what to do next. It holds nothing that differs from one attempt to the next.
  public let message: String
  /// The error below this one, if there is one.
  public let cause: (any Error)?

  /// An error of these words.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }

  /// Whether the same files would fail in the same way again.
  public var isFinal: Bool {
    [.invalidFiles, .noKustomization, .remoteBase, .outsideOfBundle, .buildFailed, .limitExceeded].contains(code)
  }
}
