/// gRPC's canonical status codes, by their numbers.
public enum StatusCode: UInt32, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Done.
  case ok = 0
  /// Ended by the caller.
  case cancelled = 1
  /// None of the others.
  case unknown = 2
  /// The caller's argument is wrong, whatever the state of the system.
  case invalidArgument = 3
  /// The time given was over.
  case deadlineExceeded = 4
  /// What was asked for is not there.
  case notFound = 5
  /// What should be made is already there.
  case alreadyExists = 6
  /// The caller is known and may not do this.
  case permissionDenied = 7
  /// A limit is reached.
  case resourceExhausted = 8
  /// The system is not in the state this needs.
  case failedPrecondition = 9
  /// Given up for a conflict; try the whole again.
  case aborted = 10
  /// Beyond the valid range.
  case outOfRange = 11
  /// No such method.
  case unimplemented = 12
  /// An invariant is broken.
  case `internal` = 13
  /// Not now; try again with a backoff.
  case unavailable = 14
  /// Data is lost or broken.
  case dataLoss = 15
  /// The caller is not known.
  case unauthenticated = 16

  /// gRPC's name, such as "DEADLINE_EXCEEDED".
  public var description: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}
