import Document
import Fleet
import Logging
import ServiceLifecycle
import Store

/// Writes the statuses of Bundles, GitRepos, Clusters and ClusterGroups as their deployments change (fleet-behaviour §5.13).
///
/// Changes are gathered for ``Limits/summaryDebounceMilliseconds``, and a status that says nothing new is not written.
actor SummaryController: Service {
  private let objects: ObjectRepository
  private let logger: Logger
  private let queue = WorkQueue<SummaryKey>()
  private var model = SummaryModel()
  private var resourcesMade: [ObjectName: ContinuousClock.Instant] = [:]
  /// What the statuses of Clusters say that have not changed since they were written, by its hash: a rollout's many steps often end
  /// where they began, and need not be read to see that.
  private var said: [ObjectName: Int] = [:]

  init(objects: ObjectRepository, logger: Logger) {
    self.objects = objects
    self.logger = logger
  }

  func run() async throws {
    let follower = StoreFollower(store: objects.store, kinds: SummaryModel.kinds, logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.summaryWorkers, reconcile: { try await self.write($0) },
      change: { await self.apply($0) })
  }

  private func apply(_ changes: [ObjectChange]) async {
    var touched: Set<SummaryKey> = []
    var expecting: [(SummaryKey, Duration)] = []
    for change in changes {
      let news = model.note(change)
      switch change.key.kind {
      case StoredKind.bundleDeployments where change.object != nil:
        for key in news { expecting.append((key, pauseForAnswer(change.key))) }
      case StoredKind.clusters:
        said[ObjectName(namespace: change.key.namespace, name: change.key.name)] = nil
        touched.formUnion(news)
      default: touched.formUnion(news)
      }
    }
    if !expecting.isEmpty { await queue.add(expecting) }
    await queue(touched)
  }

  private func queue(_ touched: Set<SummaryKey>) async {
    guard !touched.isEmpty else { return }
    let waiting = await queue.count
    await queue.add(touched.map { ($0, pause(before: $0, waiting: waiting)) })
  }

  /// How long changes are gathered: the longer the more there is to do, so that in a rollout over many clusters each is counted and
  /// written once where it would be twice. A repository's status lists its deployments, so that of many is written less often.
  private func pause(before key: SummaryKey, waiting: Int) -> Duration {
    let pause = Duration.milliseconds(Limits.summaryDebounceMilliseconds)
    guard case .gitRepo(let name) = key else {
      return min(pause + Limits.summaryPausePerDeployment * waiting, Limits.summaryPauseMax)
    }
    return pause + Limits.summaryPausePerDeployment * model.deploymentCount(ofRepo: name)
  }

  /// How long a deployment that has another version is not counted, unless its agent's answer comes before.
  private func pauseForAnswer(_ key: ObjectKey) -> Duration {
    let pause = Duration.milliseconds(Limits.summaryDebounceMilliseconds)
    let longer = Limits.summaryAnswerPausePerDeployment * model.siblings(of: key)
    return min(pause + longer, Limits.summaryAnswerPauseMax)
  }

  private func write(_ key: SummaryKey) async throws -> Duration? {
    let now = objects.now()
    switch key {
    case .bundle(let name):
      let counter = model.bundle(name)
      try await mutate(StoredKind.bundles, name) { bundle in
        let previous = bundle["status"] ?? .null
        let targeted = Conditions(previous["conditions"])["Targeted"]
        // A group that is missing is an error only where it leaves the bundle without any cluster.
        let matters = targeted?.reason != BundleController.unknownGroup || counter.counts.total == 0
        let error = targeted.flatMap { $0.isFalse && matters ? FleetError(.targeting, $0.message) : nil }
        bundle["status"] = counter.status(
          previous: previous, generation: previous["observedGeneration"]?.integer ?? 0, error: error,
          notes: error == nil ? Self.notes(on: bundle) : [], at: now)
      }
    case .cluster(let name):
      let counter = model.cluster(name)
      guard said[name] != counter.hashValue else { return nil }
      // Before it is written: whatever the watch brings of this Cluster from now on makes it be looked at again.
      said[name] = counter.hashValue
      var isThere = false
      defer { if !isThere { said[name] = nil } }
      isThere = try await mutate(StoredKind.clusters, name) { cluster in
        let previous = cluster["status"] ?? .null
        let seen = previous.at("agent", "lastSeen")?.string.flatMap { Timestamp($0) }
        cluster["status"] = counter.status(
          previous: previous, lastSeen: seen, offlineSince: AgentConnection.offlineSince(in: previous),
          notes: Revocation.notes(in: previous) + RemovalGuard.notes(in: previous), at: now)
      }
    case .clusterGroup(let name):
      let counter = model.group(name)
      try await mutate(StoredKind.clusterGroups, name) { group in
        group["status"] = counter.status(previous: group["status"] ?? .null, at: now)
      }
    case .gitRepo(let name): return try await writeRepo(name, now: now)
    case .deployment(let key): await queue(model.count(key))
    }
    return nil
  }

  /// What keeps a Bundle from being Ready beside its deployments.
  private static func notes(on bundle: Value) -> [String] {
    if bundle.isUnsettledBundle { return ["Pending"] }
    let rollout = Conditions(bundle.at("status", "conditions"))["RolledOut"]
    return rollout.map { $0.isFalse ? [$0.message] : [] } ?? []
  }

  private func writeRepo(_ name: ObjectName, now: Timestamp) async throws -> Duration? {
    let (counter, failing) = model.repo(name)
    let (resources, later) = resources(of: name)
    try await mutate(StoredKind.gitRepos, name) { repo in
      let previous = repo["status"] ?? .null
      let context = GitRepoCounter.Context(
        generation: previous["observedGeneration"]?.integer ?? 0,
        jobStatus: previous["gitJobStatus"]?.string ?? "InProgress",
        failingBundle: Self.obstacle(previous) ?? failing, resources: resources)
      repo["status"] = counter.status(previous: previous, context, at: now)
    }
    return later
  }

  /// What keeps a repository from being Ready before its bundles are even looked at.
  private static func obstacle(_ status: Value) -> Condition? {
    let conditions = Conditions(status["conditions"])
    if let stalled = conditions["Stalled"], stalled.isTrue {
      return Condition("Ready", false, reason: "Stalled", message: stalled.message)
    }
    if let accepted = conditions["Accepted"], accepted.isFalse {
      return Condition("Ready", false, reason: "NotAccepted", message: accepted.message)
    }
    guard status["commit"]?.string ?? "" == "" else { return nil }
    if let polling = conditions["GitPolling"], polling.isFalse {
      return Condition("Ready", false, reason: "GitPolling", message: polling.message)
    }
    return Condition("Ready", false, reason: "GitUpdating", message: "waiting for the first commit to be read")
  }

  /// The repository's `status.resources`, and when to look again where it is too early to make the list anew: the more
  /// deployments it has, the rarer.
  private func resources(of name: ObjectName) -> (list: [Value]?, later: Duration?) {
    let pause = Duration.milliseconds(5) * model.deploymentCount(ofRepo: name)
    let now = ContinuousClock.now
    if let made = resourcesMade[name], made + pause > now { return (nil, made + pause - now) }
    resourcesMade[name] = now
    var resources = RepositoryResources()
    for view in model.views(ofRepo: name) {
      resources.add(cluster: view.record.cluster.description, state: view.state, status: view.status)
    }
    return (resources.value, nil)
  }

  /// Whether the object is there.
  @discardableResult
  private func mutate(
    _ kind: String, _ name: ObjectName, _ change: @Sendable (inout Value) throws -> Void
  ) async throws -> Bool {
    try await objects.mutate(ObjectKey(kind: kind, namespace: name.namespace, name: name.name), change) != nil
  }
}
