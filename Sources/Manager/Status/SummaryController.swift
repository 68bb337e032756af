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
  /// What is to be looked at once everything is known: before that, what is ready would seem not to be.
  private var unsynced: Set<SummaryKey>? = []

  init(objects: ObjectRepository, logger: Logger) {
    self.objects = objects
    self.logger = logger
  }

  func run() async throws {
    let follower = StoreFollower(store: objects.store, kinds: SummaryModel.kinds, logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.summaryWorkers, reconcile: { try await self.write($0) },
      change: { await self.apply($0) }, synced: { await self.didSync() })
  }

  private func didSync() async {
    guard let noted = unsynced else { return }
    unsynced = nil
    // All of them before any status is written: half of them counted would say that a bundle has fewer than it has.
    let touched = noted.reduce(into: Set<SummaryKey>()) { touched, key in
      if case .deployment(let id) = key { touched.formUnion(model.count(id)) } else { touched.insert(key) }
    }
    await queue(touched)
  }

  private func apply(_ changes: [ObjectChange]) async {
    var touched: Set<SummaryKey> = []
    for change in changes {
      touched.formUnion(model.note(change))
      if change.key.kind == StoredKind.clusters {
        said[ObjectName(namespace: change.key.namespace, name: change.key.name)] = nil
      }
    }
    if unsynced != nil { unsynced?.formUnion(touched) } else { await queue(touched) }
  }

  /// - Parameter answer: how long an agent's answer may take that would leave its Cluster as it was; nil where none is expected.
  private func queue(_ touched: Set<SummaryKey>, answer: Duration? = nil) async {
    guard !touched.isEmpty else { return }
    let waiting = await queue.count
    await queue.add(
      touched.map { key in
        if case .cluster = key, let answer { return (key, answer) }
        return (key, pause(before: key, waiting: waiting))
      })
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

  /// Counts a deployment. One that waits for its agent keeps its Cluster's status from being written for a while: in a rollout over
  /// many clusters the answer mostly leaves that as it was. Bundles and repositories show at once that it waits.
  private func count(_ key: ObjectKey) async {
    let touched = model.count(key)
    guard let siblings = model.awaitsAnswer(key) else { return await queue(touched) }
    let pause = Duration.milliseconds(Limits.summaryDebounceMilliseconds)
    let answer = min(pause + Limits.summaryAnswerPausePerDeployment * siblings, Limits.summaryAnswerPauseMax)
    await queue(touched, answer: answer)
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
    case .deployment(let key): await count(key)
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
