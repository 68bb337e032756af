/// Decides for one GitRepo when its remote is asked and when its bundles are made anew (fleet-behaviour §7.1 to §7.3).
///
/// A value without clock or I/O: times are seconds of any monotonic clock, jitter is passed in.
struct GitRepoSync: Sendable {
  /// What the GitRepo asks for now.
  struct Request: Sendable, Hashable {
    /// `metadata.generation`.
    var generation: Int64
    /// `spec.forceSyncGeneration`.
    var forceSyncGeneration: Int64
    /// `spec.repo` and the branch or revision: another one is asked at once.
    var reference: String
    /// Digest of the referenced secrets' data, so that a rotated one triggers a new run.
    var secrets: String
    /// Seconds between polls.
    var interval: Double
    /// The remote is asked only when something else gives a reason.
    var pollingDisabled: Bool
  }

  /// What bundles were last made from.
  struct Built: Sendable, Hashable {
    var commit: String
    var generation: Int64
    var forceSyncGeneration: Int64
    var secrets: String
  }

  /// What to do next.
  enum Step: Sendable, Hashable {
    /// Ask the remote for the commit now.
    case poll
    /// Nothing to do for this many seconds.
    case wait(Double)
    /// Nothing to do until the GitRepo changes.
    case idle
  }

  private var lastPoll: (time: Double, request: Request, jitter: Double)?
  /// The newest result, good or bad; the same input is not built twice.
  private(set) var last: Built?

  /// `built` is what the stored status says was made before this process started.
  init(built: Built?) { last = built }

  /// The next step at a time.
  func next(_ request: Request, now: Double) -> Step {
    guard let lastPoll else { return .poll }
    if lastPoll.request != request { return .poll }
    if request.pollingDisabled { return .idle }
    let due = lastPoll.time + request.interval * (1 + lastPoll.jitter)
    return now >= due ? .poll : .wait(due - now)
  }

  /// Takes note that the remote was asked; `jitter` of 0 to 0.1 lengthens the wait until the next time.
  mutating func polled(_ request: Request, now: Double, jitter: Double) {
    lastPoll = (now, request, jitter)
  }

  /// Whether bundles must be made from `commit`: anything that went into the last ones is another now.
  func needsBuild(_ request: Request, commit: String) -> Bool {
    last != Self.build(request, commit: commit)
  }

  /// Takes note of a build that ended, well or badly: it is not repeated on the same input.
  mutating func finished(_ request: Request, commit: String) {
    last = Self.build(request, commit: commit)
  }

  /// Takes note of a build that failed for a passing reason (the network, say): the next poll builds again.
  mutating func interrupted() { last = nil }

  private static func build(_ request: Request, commit: String) -> Built {
    Built(
      commit: commit, generation: request.generation, forceSyncGeneration: request.forceSyncGeneration,
      secrets: request.secrets)
  }
}
