import Logging
import Wire

/// How a connection ended, or was not made: what to tell a person, and what follows. A value.
struct LinkEnding: Sendable {
  /// What follows.
  enum Kind: Sendable, Hashable {
    /// The next one is tried soon.
    case lost
    /// Only a person can lift what stands in the way.
    case refused
    /// Another agent with the same key has taken this one's place: the newer one has it.
    case fenced
  }

  /// What follows.
  let kind: Kind
  /// What a person should read.
  let problem: String
  /// How loudly.
  let level: Logger.Level

  /// - Parameter isReached: the manager has proved its key before.
  init(_ error: RPCError, isReached: Bool, endpoints: [String]) {
    let place = endpoints.joined(separator: ", ")
    switch error.code {
    case .unauthenticated where !isReached:
      kind = .refused
      level = .warning
      problem =
        "no session with the manager at \(place): \(error.message); where the manager was set up anew, enrol with a new"
        + " token and an empty state directory"
    case .permissionDenied, .unauthenticated:
      kind = .refused
      level = .warning
      problem =
        "the manager at \(place) refuses this agent: \(error.message); was the cluster removed or revoked? `flotilla agent"
        + " list` on the manager tells; a removed one enrols with a new token and an empty state directory"
    case .aborted:
      kind = .fenced
      level = .error
      problem =
        "another agent uses this one's key, and the manager keeps the newer: \(error.message). Was the state directory"
        + " copied, or is this agent started twice? Stop one of the two; an agent for another cluster takes a token and an"
        + " empty state directory of its own"
    default:
      kind = .lost
      level = .warning
      problem = "no session with the manager at \(place): \(error.message)"
    }
  }

  /// How long to wait after so many refusals or fences, one after another.
  static func pause(after count: Int) -> Duration {
    min(AgentLimits.refusalBackoff.first * (1 << min(max(0, count - 1), 10)), AgentLimits.refusalBackoff.last)
  }
}
