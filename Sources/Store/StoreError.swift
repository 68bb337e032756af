/// Why the store refused or failed. The message says what, where and what to do next.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of a failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String {
      case conflict, notFound, alreadyExists, compacted, revisionAhead, fenced, corrupt, storageFull, locked
      case unsupportedSchema, unavailable, limitExceeded, closed
    }

    private let kind: Kind

    private init(_ kind: Kind) {
      self.kind = kind
    }

    /// The object has changed since the revision that the write names; read it again and retry.
    public static let conflict = Code(.conflict)
    /// The object does not exist, and the write needs it.
    public static let notFound = Code(.notFound)
    /// The object exists, and the write was to create it.
    public static let alreadyExists = Code(.alreadyExists)
    /// The history no longer reaches back to the revision asked for; list again and watch from the listing's revision.
    public static let compacted = Code(.compacted)
    /// The revision asked for has not happened in this store, as after restoring an older backup.
    public static let revisionAhead = Code(.revisionAhead)
    /// The lease that fences the commit has been acquired anew by somebody.
    public static let fenced = Code(.fenced)
    /// Stored bytes are not those that were written; they are refused, never handed out.
    public static let corrupt = Code(.corrupt)
    /// The disk is full. Nothing of the commit was kept; the store works again once there is space.
    public static let storageFull = Code(.storageFull)
    /// Another process has this data directory open.
    public static let locked = Code(.locked)
    /// A newer program wrote this data directory, or the file is no store at all.
    public static let unsupportedSchema = Code(.unsupportedSchema)
    /// The files cannot be opened, read or written.
    public static let unavailable = Code(.unavailable)
    /// A limit of ``StoreLimits`` was exceeded; the message names it.
    public static let limitExceeded = Code(.limitExceeded)
    /// The store has been closed.
    public static let closed = Code(.closed)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do next.
  public let message: String
  /// The object whose precondition failed, or whose bytes are corrupt.
  public let key: ObjectKey?
  /// The error underneath, when there is one.
  public let cause: (any Error)?

  /// An error with all its parts.
  public init(_ code: Code, _ message: String, key: ObjectKey? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.key = key
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
