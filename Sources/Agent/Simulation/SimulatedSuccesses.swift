import Document
import Synchronization
import Wire

/// What success makes of a deployment, composed and written as the real agent does it, but once for all agents of a process that
/// come to it from the same status in the same second: theirs differ in nothing.
final class SimulatedSuccesses: Sendable {
  /// What there was before.
  struct Beginning: Hashable, Sendable {
    /// The hash of the last status.
    let status: String
    let revision: Int
    let createdAt: String
    let release: ObjectIdentifier
    let now: Timestamp
  }

  /// What there is now.
  struct Success: Sendable {
    let composer: StatusComposer
    let applied: AppliedRelease
    let status: [UInt8]
    let hash: String
    /// Kept, so that no other release takes its place in memory, and so in ``Beginning``.
    let release: SimulatedReleases.Release
  }

  private static let kept = 256
  private let known = Mutex<[Beginning: Success]>([:])

  /// What follows from a beginning; made where nobody came from there yet.
  func success(after beginning: Beginning, _ make: () -> Success) -> Success {
    if let success = known.withLock({ $0[beginning] }) { return success }
    let success = make()
    known.withLock { known in
      if known.count >= Self.kept { known = [:] }
      known[beginning] = success
    }
    return success
  }
}
