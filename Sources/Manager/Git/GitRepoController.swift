import Document
import Fleet
import GitSource
import Logging
import ServiceLifecycle
import Store

/// Watches the repositories of GitRepos and keeps their Bundles what the newest commit says (fleet-behaviour §7).
///
/// Each repository is polled and read on its own: one that cannot be reached says so in its own conditions and holds up no
/// other.
actor GitRepoController: Service {
  static let finalizer = "fleet.cattle.io/gitrepo-finalizer"

  private let objects: ObjectRepository
  private let credentials: GitCredentials
  private let chartSecrets: ChartSecrets
  private let builder: GitBundleBuilder
  private let writer: BundleWriter
  private let events: EventRecorder
  private let logger: Logger
  private let queue = WorkQueue<ObjectName>()
  private let start = ContinuousClock.now
  private var syncs: [ObjectName: (uid: String, sync: GitRepoSync)] = [:]
  private var namesBySecret: [ObjectName: Set<ObjectName>] = [:]

  init(
    objects: ObjectRepository, contents: ContentCache, directory: String, timeout: Duration,
    charts: ChartSupplier?, events: EventRecorder, logger: Logger
  ) {
    self.objects = objects
    self.credentials = GitCredentials(objects: objects, timeout: timeout)
    self.chartSecrets = ChartSecrets(objects: objects)
    self.builder = GitBundleBuilder(directory: directory, charts: charts, logger: logger)
    self.writer = BundleWriter(objects: objects, contents: contents)
    self.events = events
    self.logger = logger
  }

  func run() async throws {
    let follower = StoreFollower(
      store: objects.store, kinds: [StoredKind.gitRepos, StoredKind.secrets, StoredKind.bundles], logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.gitWorkers, reconcile: { try await self.reconcile($0) },
      change: { await self.apply($0) })
  }

  private func apply(_ changes: [ObjectChange]) async {
    for change in changes {
      let name = ObjectName(namespace: change.key.namespace, name: change.key.name)
      switch change.key.kind {
      case StoredKind.gitRepos: await queue.add(name)
      case StoredKind.secrets:
        for repo in namesBySecret[name, default: []] { await queue.add(repo) }
      default:
        // A bundle that went may be the last one a deleted repository waits for.
        guard change.object == nil else { continue }
        for repo in syncs.keys where repo.namespace == name.namespace && name.name.hasPrefix(repo.name) {
          await queue.add(repo)
        }
      }
    }
  }

  private func reconcile(_ name: ObjectName) async throws -> Duration? {
    let key = ObjectKey(kind: StoredKind.gitRepos, namespace: name.namespace, name: name.name)
    guard let object = try await objects.get(key) else {
      syncs[name] = nil
      try builder.forget(name)
      return nil
    }
    if object.at("metadata", "deletionTimestamp") != nil {
      guard try await writer.deleteAll(repository: name) == 0 else { return Limits.removalPoll }
      try await objects.mutate(key) { $0.removeFinalizer(Self.finalizer) }
      return nil
    }
    try await objects.mutate(key) { $0.addFinalizer(Self.finalizer) }
    let repo = try GitRepo(object)
    let status = GitRepoStatusWriter(objects: objects, key: key)
    remember(name, repo: repo)
    var charts = try await chartSecrets.read(repo)
    let access: GitAccess
    do {
      access = try await credentials.access(repo)
    } catch {
      try await status.unreachable("\(error)")
      try await events.record(.warning, "FailedValidatingSecret", "\(error)", about: object)
      return .seconds(15)
    }
    charts.sources.knownHosts = access.remote.knownHosts
    return try await sync(name, repo: repo, object: object, access: access, charts: charts, status: status)
  }

  private func remember(_ name: ObjectName, repo: GitRepo) {
    let secret = repo.spec.clientSecretName.isEmpty ? GitCredentials.defaultSecret : repo.spec.clientSecretName
    for secret in [secret] + ChartSecrets.names(repo) {
      namesBySecret[ObjectName(namespace: name.namespace, name: secret), default: []].insert(name)
    }
    if syncs[name]?.uid != repo.metadata.uid {
      syncs[name] = (repo.metadata.uid, GitRepoSync(built: GitRepoStatusWriter.built(repo)))
    }
  }

  private func sync(
    _ name: ObjectName, repo: GitRepo, object: Value, access: GitAccess, charts: GitRepoCharts,
    status: GitRepoStatusWriter
  ) async throws -> Duration? {
    let secrets = SecretHashes(access, charts)
    let request = GitRepoSync.Request(repo, secrets: secrets.text)
    var sync = syncs[name]?.sync ?? GitRepoSync(built: nil)
    defer { syncs[name] = (repo.metadata.uid, sync) }
    switch sync.next(request, now: elapsed()) {
    case .idle: return nil
    case .wait(let seconds): return .seconds(seconds)
    case .poll: break
    }
    let commit: String
    do {
      commit = try await builder.resolve(repo, remote: access.remote)
    } catch {
      sync.polled(request, now: elapsed(), jitter: .random(in: 0...0.1))
      if try await status.pollFailed(error.message) {
        try await events.record(.warning, "FailedToCheckCommit", error.message, about: object)
        logger.warning(
          "a git repository cannot be read", metadata: ["gitrepo": "\(name)", "error": "\(error.message)"])
      }
      return pace(sync, request)
    }
    sync.polled(request, now: elapsed(), jitter: .random(in: 0...0.1))
    guard sync.needsBuild(request, commit: commit, now: elapsed()) else {
      try await status.polled(commit)
      return pace(sync, request)
    }
    if repo.commit != commit {
      try await events.record(.normal, "GotNewCommit", commit, about: object)
    }
    logger.info("new commit", metadata: ["gitrepo": "\(name)", "commit": "\(commit)"])
    try await status.building(commit)
    if let problem = charts.problem {
      try await events.record(.warning, "FailedValidatingSecret", problem, about: object)
    }
    do {
      // A forced build is what people ask for who published a chart's version again.
      let isForced = (repo.status["updateGeneration"]?.integer ?? 0) != repo.spec.forceSyncGeneration
      let result = try await builder.build(
        repo, name: name, remote: access.remote, commit: commit, sources: charts.sources, fresh: isForced,
        progress: progress(status))
      // A build that was cut off says nothing of the repository.
      try Task.checkCancellation()
      let refused = try await writer.write(result, repository: name)
      try await status.built(
        commit, repo: repo, secrets: secrets, result: result, problem: charts.problem, refused: refused)
      if !refused.isEmpty {
        sync.interrupted()
      } else if result.failures.contains(where: { $0.error.code == .chartUnavailable }) {
        sync.incomplete(request, commit: commit, now: elapsed())
      } else {
        sync.finished(request, commit: commit)
      }
      if !result.failureMessage.isEmpty {
        try await events.record(.warning, "Failed", result.failureMessage, about: object)
        logger.warning(
          "some bundles cannot be made", metadata: ["gitrepo": "\(name)", "error": "\(result.failureMessage)"])
      }
    } catch let error as GitError {
      sync.interrupted()
      try await status.buildFailed(commit, error.message)
      logger.warning("a commit cannot be read", metadata: ["gitrepo": "\(name)", "error": "\(error.message)"])
    }
    return pace(sync, request)
  }

  /// Puts what a build waits for into the GitRepo's condition, not more often than people read.
  private func progress(_ status: GitRepoStatusWriter) -> ChartProgress {
    let gate = ProgressGate(interval: Limits.progressInterval)
    let logger = logger
    return { message in
      guard gate.opens(at: .now) else { return }
      do { try await status.progress(message) } catch {
        logger.debug("progress cannot be written", metadata: ["error": "\(error)"])
      }
    }
  }

  private func pace(_ sync: GitRepoSync, _ request: GitRepoSync.Request) -> Duration? {
    switch sync.next(request, now: elapsed()) {
    case .idle: nil
    case .poll: .zero
    case .wait(let seconds): .seconds(seconds)
    }
  }

  private func elapsed() -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
  }
}

extension GitRepoSync.Request {
  fileprivate init(_ repo: GitRepo, secrets: String) {
    let interval = repo.spec.effectivePollingInterval.components
    self.init(
      generation: repo.metadata.generation, forceSyncGeneration: repo.spec.forceSyncGeneration,
      reference: "\(repo.spec.repo) \(repo.spec.revision) \(repo.spec.effectiveBranch ?? "")", secrets: secrets,
      interval: Double(interval.seconds) + Double(interval.attoseconds) / 1e18,
      pollingDisabled: repo.spec.disablePolling)
  }
}
