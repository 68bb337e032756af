/// What the manager's own rooms throw: what is wrong, where, and what to do next.
public struct ManagerError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure a caller may tell apart.
  public struct Code: Hashable, Sendable {
    private enum Name: Hashable, Sendable { case conflict, configuration, invalid, unavailable }
    private let name: Name

    /// Another writer was faster, repeatedly.
    public static let conflict = Code(name: .conflict)
    /// A flag, file or directory the manager was started with cannot be used.
    public static let configuration = Code(name: .configuration)
    /// An object says something that cannot be done.
    public static let invalid = Code(name: .invalid)
    /// Something the manager needs does not answer now; it is tried again.
    public static let unavailable = Code(name: .unavailable)
  }

  /// Which kind of failure this is.
  public let code: Code
  /// One or a few sentences for the reader of a condition or a log line.
  public let message: String
  /// What caused it, where something else did.
  public let cause: (any Error)?

  /// Makes an error; `message` says what, where and what to do next.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
