import Wire

/// What follows from an attempt to enrol that failed: how long to wait, and what to tell the user.
///
/// A value without clock; randomness is passed in.
struct EnrollmentAttempt: Sendable {
  /// What to do next.
  struct Next: Sendable, Equatable {
    /// How long to wait before the next attempt.
    var pause: Duration
    /// What a person should read; nil when the same was said before.
    var message: String?
    /// Only a person can lift what stood in the way.
    var isRefusal = false
  }

  private var reconnecting = ReconnectBackoff()
  private var refusals = 0
  private var lastMessage = ""

  /// An attempt failed.
  mutating func failed(_ error: RPCError, endpoints: [String], random: () -> Double) -> Next {
    let place = endpoints.joined(separator: ", ")
    let text: String
    let pause: Duration
    var isRefusal = false
    switch error.code {
    case .permissionDenied, .unauthenticated, .invalidArgument, .failedPrecondition, .notFound, .alreadyExists:
      // Only a person can lift it: asking again at once would be noise here and load there.
      pause = min(AgentLimits.refusalBackoff.first * (1 << min(refusals, 10)), AgentLimits.refusalBackoff.last)
      refusals += 1
      isRefusal = true
      text =
        "the manager at \(place) refuses to enrol this cluster: \(error.message)"
        + (error.code == .unauthenticated
          ? "; start the agent with the values of a ClusterRegistrationToken of that manager" : "")
    case .resourceExhausted:
      pause = min(AgentLimits.refusalBackoff.first * (1 + random()), AgentLimits.refusalBackoff.last)
      text = "the manager at \(place) cannot enrol anybody now: \(error.message)"
    default:
      refusals = 0
      pause = reconnecting.next(random: random)
      text = "the manager at \(place) cannot be reached: \(error.message)"
    }
    defer { lastMessage = text }
    return Next(pause: pause, message: text == lastMessage ? nil : text, isRefusal: isRefusal)
  }
}
