import Document
import Fleet
import Logging

/// Watches the live objects of what is deployed, and nothing else: one watch per kind, of objects with the set's label.
///
/// What it learns of one release is gathered for a moment and then told as a whole. Everything that it remembers of an
/// object is its place in a status, so a thousand objects cost little. It asks the API server about an object only when a watch
/// tells of a change that somebody else made, and it tells nothing while a watch of the release's kinds is interrupted.
actor ClusterObserver {
  /// What is told of one deployment.
  enum Finding: Sendable {
    /// What its objects look like, and who seems to have changed those that differ.
    case observed(BundleDeploymentStatus.Observation, writers: [ObjectIdentity: String])
    /// They could not be looked at; it is tried again.
    case failed(String)
    /// Helm has no record of the release.
    case releaseMissing
  }

  /// A release whose objects are watched.
  struct Subject: Sendable {
    /// The deployment.
    var id: String
    /// What was deployed. Findings name its revision, so that one of an older release is not taken for one of this.
    var applied: AppliedRelease
    /// The label's value on its objects.
    var setHash: String
    /// Conditions that do not count for readiness.
    var ignoredConditions: [[String: String]] = []
    /// What of its objects is not drift.
    var rules = DriftRules()
    /// With whose rights its objects are compared.
    var serviceAccount = ""

    /// The release and its revision.
    var release: String { applied.text }
    /// The kinds of its objects.
    var types: Set<ObjectType> { Set((applied.objects + applied.previous).map(\.type)) }
  }

  enum Work: Sendable {
    case watch(ObjectType)
    case look(id: String, after: Duration)
    case conclude(id: String, after: Duration)
    case relist
  }

  enum Watch {
    /// Asked for; its task is not made yet.
    case starting
    case running(Task<Void, Never>)
  }

  /// A release with what is remembered of looking at it.
  struct Watched {
    var subject: Subject
    /// Grows with every new subject of the deployment: what was begun for an older one is dropped.
    var generation: UInt64
    /// All its objects were read since it is watched.
    var isListed = false
    /// Something changed, and it will be told of in a moment.
    var isDirty = false
    /// It is being judged.
    var isJudged = false
    /// It is to be judged once more when that is done.
    var isJudgedAgain = false
    /// It will be looked at again after a pause.
    var isExpected = false
    /// It was to be judged while a watch was interrupted.
    var isPostponed = false
    /// Looks that failed since the last that succeeded.
    var failures = 0
    /// Looks since objects began to be missing.
    var missingLooks = 0
  }

  let cluster: any ClusterAPI
  let manifests: DeployedManifests
  let comparer: DriftComparer
  let logger: Logger
  let tell: @Sendable (Subject, Finding) -> Void
  let clusterIsBack: @Sendable () -> Void
  private let work: AsyncStream<Work>
  let enqueue: AsyncStream<Work>.Continuation

  var live = LiveObjects()
  var watched: [String: Watched] = [:]
  var setOwners: [String: String] = [:]
  var watches: [ObjectType: Watch] = [:]
  /// Kinds of which the watch has told all that there was, and goes on.
  var synced: Set<ObjectType> = []
  /// Sets that are being deployed: their objects are kept for the first comparison.
  var expectedSets: Set<String> = []
  /// Kinds whose watch does not answer.
  var interrupted: Set<ObjectType> = []
  /// Objects that are to be compared, as they were told last.
  var candidates: [ObjectIdentity: Value] = [:]
  private var lastGeneration: UInt64 = 0

  /// - Parameters:
  ///   - tell: called with every finding, in order for one deployment.
  ///   - clusterIsBack: called when the API server answers again after it did not.
  init(
    cluster: any ClusterAPI, manifests: DeployedManifests, comparer: DriftComparer, logger: Logger,
    tell: @escaping @Sendable (Subject, Finding) -> Void, clusterIsBack: @escaping @Sendable () -> Void
  ) {
    self.cluster = cluster
    self.manifests = manifests
    self.comparer = comparer
    self.logger = logger
    self.tell = tell
    self.clusterIsBack = clusterIsBack
    (work, enqueue) = AsyncStream.makeStream()
  }

  /// Watches and looks until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await item in work {
        switch item {
        case .watch(let type): startWatch(type, in: &group)
        case .look(let id, let pause): group.addTask { if await Self.sleep(pause) { await self.look(id) } }
        case .conclude(let id, let pause): group.addTask { if await Self.sleep(pause) { await self.conclude(id) } }
        case .relist: group.addTask { await self.relist() }
        }
      }
      group.cancelAll()
    }
  }

  /// Whether the time passed without the task being cancelled.
  private static func sleep(_ pause: Duration) async -> Bool {
    if pause > .zero { try? await Task.sleep(for: pause) }
    return !Task.isCancelled
  }

  /// A release with this set of objects is being deployed, and will be watched.
  func expect(_ setHash: String) {
    if expectedSets.count < AgentLimits.pendingComparisons { expectedSets.insert(setHash) }
  }

  /// Watches a release from now on, and looks at it at once. Replaces what was said of the same deployment before.
  func observe(_ subject: Subject) {
    if let old = watched[subject.id]?.subject, old.setHash != subject.setHash { setOwners[old.setHash] = nil }
    lastGeneration += 1
    watched[subject.id] = Watched(subject: subject, generation: lastGeneration)
    setOwners[subject.setHash] = subject.id
    expectedSets.remove(subject.setHash)
    // What was the same as another revision, or by other rules, need not be the same now.
    live.compareAgain(subject.setHash)
    for type in subject.types where watches[type] == nil {
      guard watches.count < AgentLimits.watchedKinds else {
        logger.error("too many kinds to watch: changes of this one are seen late", metadata: ["kind": "\(type.kind)"])
        continue
      }
      watches[type] = .starting
      enqueue.yield(.watch(type))
    }
    enqueue.yield(.look(id: subject.id, after: .zero))
  }

  /// Watches a release no more.
  func stop(_ id: String) {
    guard let subject = watched.removeValue(forKey: id)?.subject else { return }
    setOwners[subject.setHash] = nil
    let needed = watched.values.reduce(into: Set<ObjectType>()) { $0.formUnion($1.subject.types) }
    for type in subject.types where !needed.contains(type) {
      if case .running(let task)? = watches.removeValue(forKey: type) { task.cancel() }
      interrupted.remove(type)
      synced.remove(type)
      _ = live.forget(type)
    }
    for object in live.objects(of: subject.setHash) { candidates[object.identity.unversioned] = nil }
  }

  /// Looks for what the watches may have missed.
  func resync() { enqueue.yield(.relist) }

  /// The subject of a deployment, if it is still the one that work was begun for.
  func current(_ id: String, _ generation: UInt64) -> Subject? {
    guard let entry = watched[id], entry.generation == generation else { return nil }
    return entry.subject
  }
}
