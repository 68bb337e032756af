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

  /// A build that lacked something from elsewhere, and when it is worth trying again.
  private var retry: (input: Built, time: Double, attempts: Int)?
  private var lastPoll: (time: Double, request: Request, jitter: Double)?
  /// The newest result, good or bad; the same input is not built twice.
  private(set) var last: Built?

  /// `built` is what the stored status says was made before this process started.
  init(built: Built?) { last = built }

  /// The next step at a time.
  func next(_ request: Request, now: Double) -> Step {
    guard let lastPoll else { return .poll }
    if lastPoll.request != request { return .poll }
    let polling = request.pollingDisabled ? nil : lastPoll.time + request.interval * (1 + lastPoll.jitter)
    // A server that cannot be asked for its commit must not be asked without a pause.
    let again = retry.map { max($0.time, lastPoll.time + Limits.chartRetrySeconds) }
    guard let due = [polling, again].compactMap({ $0 }).min() else { return .idle }
    return now >= due ? .poll : .wait(due - now)
  }

  /// Takes note that the remote was asked; `jitter` of 0 to 0.1 lengthens the wait until the next time.
  mutating func polled(_ request: Request, now: Double, jitter: Double) {
    lastPoll = (now, request, jitter)
  }

  /// Whether bundles must be made from `commit`: anything that went into the last ones is another now, or what they lacked
  /// may have come.
  func needsBuild(_ request: Request, commit: String, now: Double) -> Bool {
    let input = Self.build(request, commit: commit)
    return last != input || (retry.map { $0.input == input && now >= $0.time } ?? false)
  }

  /// Takes note of a build that ended, well or badly: it is not repeated on the same input.
  mutating func finished(_ request: Request, commit: String) {
    last = Self.build(request, commit: commit)
    retry = nil
  }

  /// Takes note of a build that lacked something from elsewhere, a chart for example: it is repeated on the same input, each
  /// time after twice the wait.
  mutating func incomplete(_ request: Request, commit: String, now: Double) {
    let input = Self.build(request, commit: commit)
    let attempts = retry.map { $0.input == input ? $0.attempts : 0 } ?? 0
    let wait = Limits.chartRetrySeconds * Double(1 << min(attempts, 16))
    last = input
    retry = (input, now + min(wait, Limits.chartRetrySecondsMax), attempts + 1)
  }

  /// Takes note of a build that failed for a passing reason (the network, say): the next poll builds again.
  mutating func interrupted() {
    last = nil
    retry = nil
  }

  private static func build(_ request: Request, commit: String) -> Built {
    Built(
      commit: commit, generation: request.generation, forceSyncGeneration: request.forceSyncGeneration,
      secrets: request.secrets)
  }
}
