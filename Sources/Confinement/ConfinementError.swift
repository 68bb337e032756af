/// Why a confined child gave no result: which program, what ended it, and what to do next.
public struct ConfinementError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that callers tell apart. More may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case notFound, timeLimit, memoryLimit, cpuLimit, outputLimit, fileLimit, crashed, cannotStart, cancelled
      case invalidArgument, overloaded
    }

    private let kind: Kind

    /// There is no such program.
    public static let notFound = Code(kind: .notFound)
    /// It took longer than `wallClock`, or a request's time-out.
    public static let timeLimit = Code(kind: .timeLimit)
    /// It ran out of memory. This is known from what its runtime printed, or from how much it held when it crashed; a
    /// program that takes a failed allocation for another error ends with a status of its own instead.
    public static let memoryLimit = Code(kind: .memoryLimit)
    /// It used more processor time than `cpuSeconds`.
    public static let cpuLimit = Code(kind: .cpuLimit)
    /// It wrote more to standard output than `outputBytes`.
    public static let outputLimit = Code(kind: .outputLimit)
    /// It was ended by the kernel because a file that it wrote grew beyond `fileBytes`. A program that handles the
    /// failed write ends with a status of its own instead.
    public static let fileLimit = Code(kind: .fileLimit)
    /// A signal ended it, or a server ended or broke its protocol in the middle of a request.
    public static let crashed = Code(kind: .crashed)
    /// The child could not be made, or not be confined.
    public static let cannotStart = Code(kind: .cannotStart)
    /// The task was cancelled, or the server stopped.
    public static let cancelled = Code(kind: .cancelled)
    /// A limit or an input that no child could be started with.
    public static let invalidArgument = Code(kind: .invalidArgument)
    /// Too many commands or requests wait already.
    public static let overloaded = Code(kind: .overloaded)

    /// The code's name in lower camel case.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What, where and what to do next. What the program wrote to standard error follows, if that may tell why.
  public let message: String

  /// An error of these words.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
