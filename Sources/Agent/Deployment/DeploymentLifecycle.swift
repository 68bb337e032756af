import HelmEngine

/// The life of one deployment on this cluster, from its first version to its removal: what is to be done next.
///
/// A value without I/O and clock. The shell tells it what happened (`Event`), and carries out what it answers
/// (`Directive`), in order. At most one operation (`apply`, `correct`, `uninstall`, `removeReleases`, `verify`) is under way at any
/// time; the shell says how it ended with one of the events that name it.
///
/// What must survive a crash is in ``releases``, ``hasCopied`` and ``applied``; a `record` directive asks for it to be made durable, and
/// comes before the operation that depends on it. So a release is noted before its first object is made, and a crash
/// anywhere leads to the same end as an undisturbed run.
struct DeploymentLifecycle: Sendable, Equatable {
  /// A version that is to stand.
  struct Target: Sendable, Hashable {
    /// The manager's name for it; statuses carry it.
    var version: String
    /// The id of files and options; the same id is not deployed twice.
    var deploymentID: String
    /// The release to make of it.
    var release: ReleaseIdentity
    /// The hash of what is copied beside it: when that changes, it is deployed once more.
    var copies = ""
    /// Nothing is done for the deployment while this is set.
    var isPaused = false

    /// Whether a release is this version.
    func stands(as applied: AppliedRelease) -> Bool {
      deploymentID == applied.deploymentID && release == applied.release && copies == applied.copies
    }
  }

  /// What happened.
  enum Event: Sendable, Hashable {
    /// The manager wants this version, which may be the one before.
    case wanted(Target)
    /// The manager wants the deployment no more.
    case unwanted
    /// `apply` ended well.
    case applied(AppliedRelease)
    /// `apply` failed.
    case applyFailed(DeploymentFailure)
    /// `verify` ended: the release is there, or it is not.
    case verified(exists: Bool)
    /// `verify` could not tell.
    case verifyFailed(DeploymentFailure)
    /// `uninstall` or `removeReleases` ended well for these.
    case removed([ReleaseIdentity])
    /// `uninstall` or `removeReleases` failed.
    case removeFailed(DeploymentFailure)
    /// Objects of what stands are not as they were deployed, and are to be put right.
    case drifted
    /// `correct` ended well: the same version stands as another revision.
    case corrected(AppliedRelease)
    /// `correct` failed. Nothing is tried again before the next `drifted`.
    case correctFailed(DeploymentFailure)
    /// The time that `scheduleRetry` named is over.
    case retryDue
    /// The cluster answers again: what waited for that is tried at once.
    case clusterReachable
    /// Time to look at everything again, though nothing is known to have changed.
    case resync
    /// Another deployment of the cluster, which this one may depend on, is in another state now.
    case dependenciesChanged
  }

  /// What the shell has to do.
  enum Directive: Sendable, Hashable {
    /// Make ``releases`` and ``applied`` durable, before anything that follows.
    case record
    /// Install or upgrade the release, unless it is this very version already.
    case apply(Target)
    /// Look whether the release is there.
    case verify(AppliedRelease)
    /// Put the objects of the release right.
    case correct(AppliedRelease)
    /// Remove releases with their objects; `keepsResources` leaves the objects.
    case uninstall([ReleaseIdentity], keepsResources: Bool)
    /// Remove releases that another one of this deployment has taken the place of, but no object that it holds too.
    case removeReleases([ReleaseIdentity], superseding: AppliedRelease)
    /// Watch the objects that ``applied`` names.
    case observe
    /// Stop watching.
    case stopObserving
    /// Something that a status shows has changed.
    case report
    /// Send `retryDue` after the pause; an earlier request is void.
    case scheduleRetry(Duration)
    /// Send no `retryDue`.
    case cancelRetry
    /// Nothing is left of the deployment: drop its record, and tell the manager that it is gone.
    case forget
  }

  /// What is under way.
  enum Operation: Sendable, Hashable {
    case apply(Target)
    case verify
    case correct
    case remove
  }

  /// The version that is to stand; nil when none is.
  private(set) var target: Target?
  /// The releases that may be in the cluster because of this deployment.
  private(set) var releases: [ReleaseIdentity]
  /// Whether objects may have been copied beside them.
  private(set) var hasCopied: Bool
  /// What stands.
  private(set) var applied: AppliedRelease?
  /// Why ``target`` does not stand; nil when nothing went wrong since it was wanted.
  private(set) var failure: DeploymentFailure?
  /// What is under way.
  private(set) var operation: Operation?
  /// Whether the release of ``applied`` was seen since the start, or the last resync.
  private(set) var isVerified = false

  private var attempts = 0
  private var isWaiting = false
  private var isObserved = false
  private var isDrifted = false
  private let backoff: Backoff

  /// How pauses grow.
  struct Backoff: Sendable, Equatable {
    var first = AgentLimits.retryBackoff.first
    var last = AgentLimits.retryBackoff.last
    /// The longest pause while the cluster does not answer, or removed objects are not gone yet.
    var unreachable = Duration.seconds(5)

    /// The pause of a deployment that waits for others, whose changes wake it long before.
    var dependency = AgentLimits.retryBackoff.last

    func pause(attempt: Int, kind: DeploymentFailure.Kind) -> Duration {
      if kind == .dependency { return dependency }
      let limit = kind == .unreachable || kind == .leaving ? min(unreachable, last) : last
      return min(first * (1 << min(attempt, 20)), limit)
    }
  }

  /// A deployment as its record tells it, or a new one.
  init(
    releases: [ReleaseIdentity] = [], hasCopied: Bool = false, applied: AppliedRelease? = nil,
    backoff: Backoff = Backoff()
  ) {
    self.releases = releases
    self.hasCopied = hasCopied
    self.applied = applied
    self.backoff = backoff
  }

  /// Whether ``target`` is what stands, as far as is known.
  var isCurrent: Bool {
    guard let target, let applied, !applied.isDisturbed else { return false }
    return target.stands(as: applied)
  }

  /// Whether the objects of ``applied`` are to be watched.
  var isWatched: Bool { isObserved && applied != nil }

  /// Whether ``target`` is being installed or upgraded to right now.
  var isApplying: Bool {
    if case .apply = operation { return true }
    return false
  }

  /// Takes in what happened, and says what to do.
  mutating func handle(_ event: Event) -> [Directive] {
    var directives: [Directive] = []
    switch event {
    case .wanted(let new): want(new, &directives)
    case .unwanted: unwant(&directives)
    case .applied(let release): finishApply(release, &directives)
    case .applyFailed(let failure): fail(failure, reported: true, &directives)
    case .verified(let exists): finishVerify(exists, &directives)
    case .verifyFailed(let failure): fail(failure, reported: false, &directives)
    case .removed(let gone): finishRemoval(of: gone, &directives)
    case .removeFailed(let failure): fail(failure, reported: true, &directives)
    case .drifted: isDrifted = isCurrent && target?.isPaused == false
    case .corrected(let release): finishCorrection(release, &directives)
    case .correctFailed:
      if operation == .correct { operation = nil }
    case .retryDue: isWaiting = false
    case .clusterReachable:
      if failure == nil || failure?.kind == .unreachable { stopWaiting(&directives) }
    case .resync: isVerified = false
    case .dependenciesChanged:
      if failure?.kind == .dependency { stopWaiting(&directives) }
    }
    next(&directives)
    return directives
  }
}

extension DeploymentLifecycle {
  private mutating func want(_ new: Target, _ directives: inout [Directive]) {
    let old = target
    target = new
    guard old != new else { return }
    if old?.deploymentID != new.deploymentID || old?.release != new.release || old?.copies != new.copies {
      failure = nil
      attempts = 0
      stopWaiting(&directives)
    }
    directives.append(.report)
  }

  private mutating func unwant(_ directives: inout [Directive]) {
    guard target != nil else { return }
    target = nil
    failure = nil
    attempts = 0
    stopWaiting(&directives)
  }

  private mutating func finishApply(_ release: AppliedRelease, _ directives: inout [Directive]) {
    guard isApplying else { return }
    operation = nil
    let isSameSet = applied == release
    applied = release
    failure = nil
    attempts = 0
    isVerified = true
    directives.append(.record)
    // The release's objects may be others now.
    if isObserved, !isSameSet { directives.append(.observe) }
    directives.append(.report)
  }

  private mutating func finishCorrection(_ release: AppliedRelease, _ directives: inout [Directive]) {
    guard operation == .correct else { return }
    operation = nil
    applied = release
    directives.append(.record)
    if isObserved { directives.append(.observe) }
    directives.append(.report)
  }

  private mutating func finishVerify(_ exists: Bool, _ directives: inout [Directive]) {
    guard operation == .verify else { return }
    operation = nil
    attempts = 0
    isVerified = true
    guard !exists else { return }
    // Somebody removed the release: it is deployed again, or there is one less to remove.
    let gone = applied?.release
    applied = nil
    if target == nil { releases.removeAll { $0 == gone } }
    directives += [.record, .report]
  }

  private mutating func finishRemoval(of gone: [ReleaseIdentity], _ directives: inout [Directive]) {
    guard operation == .remove else { return }
    operation = nil
    attempts = 0
    releases.removeAll(where: gone.contains)
    if let release = applied?.release, gone.contains(release) { applied = nil }
    directives.append(.record)
    if failure != nil {
      failure = nil
      if target != nil { directives.append(.report) }
    }
  }

  private mutating func fail(_ new: DeploymentFailure, reported: Bool, _ directives: inout [Directive]) {
    guard let ended = operation else { return }
    operation = nil
    if case .apply(let tried) = ended, tried.deploymentID != target?.deploymentID || tried.copies != target?.copies {
      // The version that failed is not wanted any more: its successor gets a fresh start.
      return
    }
    if reported, failure != new {
      failure = new
      if target != nil { directives.append(.report) }
    }
    let isFinal = new.kind == .final || new.kind == .notInstalled
    if isFinal, target != nil, ended != .remove { return }
    isWaiting = true
    directives.append(.scheduleRetry(backoff.pause(attempt: attempts, kind: new.kind)))
    attempts += 1
  }

  private mutating func stopWaiting(_ directives: inout [Directive]) {
    guard isWaiting else { return }
    isWaiting = false
    directives.append(.cancelRetry)
  }

  /// Begins the next operation, if there is one to begin.
  private mutating func next(_ directives: inout [Directive]) {
    guard operation == nil, !isWaiting else { return }
    guard let target else { return leave(&directives) }
    guard !target.isPaused else {
      isDrifted = false
      setObserved(false, &directives)
      return
    }
    let isFinal = failure.map { $0.kind == .final || $0.kind == .notInstalled } ?? false
    if !isCurrent {
      guard !isFinal else { return }
      beginApply(target, &directives)
      return
    }
    guard let applied else { return }
    if !isVerified {
      operation = .verify
      directives.append(.verify(applied))
      return
    }
    setObserved(true, &directives)
    let superseded = releases.filter { $0 != applied.release }
    guard superseded.isEmpty else {
      operation = .remove
      directives.append(.removeReleases(superseded, superseding: applied))
      return
    }
    guard isDrifted else { return }
    isDrifted = false
    operation = .correct
    directives.append(.correct(applied))
  }

  private mutating func beginApply(_ target: Target, _ directives: inout [Directive]) {
    let copies = !target.copies.isEmpty
    let isNoted = releases.contains(target.release) && applied?.isDisturbed != false && (hasCopied || !copies)
    hasCopied = hasCopied || copies
    if !releases.contains(target.release) { releases.append(target.release) }
    applied?.isDisturbed = true
    if !isNoted { directives.append(.record) }
    isDrifted = false
    operation = .apply(target)
    directives.append(.apply(target))
  }

  private mutating func setObserved(_ new: Bool, _ directives: inout [Directive]) {
    guard isObserved != new else { return }
    isObserved = new
    directives.append(new ? .observe : .stopObserving)
  }

  /// Removes what is left of a deployment that is not wanted.
  private mutating func leave(_ directives: inout [Directive]) {
    setObserved(false, &directives)
    if releases.isEmpty {
      directives.append(.forget)
    } else {
      operation = .remove
      // Wanted again before the removal ends, it is no longer what was deployed.
      if applied?.isDisturbed == false {
        applied?.isDisturbed = true
        directives.append(.record)
      }
      directives.append(.uninstall(releases, keepsResources: applied?.keepsResources ?? false))
    }
  }
}
