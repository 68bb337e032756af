/// What went wrong with a chart or a release: what, where, and what to do next.
public struct HelmError: Error, CustomStringConvertible {
  /// The kinds of failure that callers tell apart. More may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case libraryMissing, invalidArgument, invalidChart, invalidValues, renderFailed, releaseNotFound
      case operationInProgress, conflict, clusterUnreachable, timeout, overloaded, other
      case limitExceeded, workerFailed, cancelled
      case chartNotFound, accessDenied, untrustedCertificate, repositoryFailed, digestMismatch
    }

    private let kind: Kind

    /// Helm's library could not be loaded.
    public static let libraryMissing = Code(kind: .libraryMissing)
    /// An argument is outside its limits, or not what Helm takes (a release's name, for example).
    public static let invalidArgument = Code(kind: .invalidArgument)
    /// The chart cannot be loaded, exceeds a limit, or does not fit the cluster.
    public static let invalidChart = Code(kind: .invalidChart)
    /// The values are no object, exceed a limit, or break the chart's schema.
    public static let invalidValues = Code(kind: .invalidValues)
    /// A template failed. The message names the template, line and column.
    public static let renderFailed = Code(kind: .renderFailed)
    /// There is no such release, or no such revision of it.
    public static let releaseNotFound = Code(kind: .releaseNotFound)
    /// Helm's record says that another operation on the release runs, or one was interrupted: see `HelmEngine.recover`.
    public static let operationInProgress = Code(kind: .operationInProgress)
    /// The release or one of its objects exists already, or another field manager holds a field.
    public static let conflict = Code(kind: .conflict)
    /// The cluster's API server did not answer, or the kubeconfig does not lead to one.
    public static let clusterUnreachable = Code(kind: .clusterUnreachable)
    /// Objects or hooks were not ready within the time-out.
    public static let timeout = Code(kind: .timeout)
    /// Too many operations wait already.
    public static let overloaded = Code(kind: .overloaded)
    /// What a chart or a template makes Helm do exceeds a limit; the message names which one.
    public static let limitExceeded = Code(kind: .limitExceeded)
    /// The child process that was to do it did not start, or did not answer.
    public static let workerFailed = Code(kind: .workerFailed)
    /// The task that asked for it was cancelled.
    public static let cancelled = Code(kind: .cancelled)
    /// The repository or registry has no such chart, or no version of it that was asked for.
    public static let chartNotFound = Code(kind: .chartNotFound)
    /// The repository or registry wants credentials, or refuses those it was given.
    public static let accessDenied = Code(kind: .accessDenied)
    /// The server's certificate is not to be trusted.
    public static let untrustedCertificate = Code(kind: .untrustedCertificate)
    /// The server cannot be reached, or does not answer as a repository or registry does.
    public static let repositoryFailed = Code(kind: .repositoryFailed)
    /// The archive is not what the repository's index promises.
    public static let digestMismatch = Code(kind: .digestMismatch)
    /// Everything else, for example what the API server refused.
    public static let other = Code(kind: .other)

    /// The code's name in lower camel case.
    public var description: String { kind.rawValue }

    private init(kind: Kind) { self.kind = kind }

    /// The code of that name; `other` where there is none.
    init(name: String) { kind = Kind(rawValue: name) ?? .other }
  }

  /// The kind of failure.
  public let code: Code

  /// What, where and what to do next, in one or a few lines. Helm's own words are kept whole: others match on them.
  public let message: String

  /// The error below this one, if there is one.
  public let cause: (any Error)?

  /// Makes an error of our own words.
  public init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
