import Document
import Fleet
import HelmEngine
import Logging

/// Makes the cluster what the desired set says: one ``DeploymentLifecycle`` for each deployment, whose directives are
/// carried out here. Deployments of different ids run side by side, up to a number; one id's never do.
///
/// Everything that happens comes through one mailbox and is handled whole, records written included, before the next.
actor Deployer {
  /// Takes statuses on their way to the manager; nil says that the deployment is gone.
  typealias Report = @Sendable (_ id: String, _ version: String, _ status: [UInt8]?) async -> Void

  /// Takes the releases that wait for a person's word before they are removed, and how many there are in all.
  typealias Hold = @Sendable (_ releases: [ReleaseIdentity], _ count: Int) async -> Void

  enum Message: Sendable {
    case event(id: String, DeploymentLifecycle.Event)
    case wanted(DesiredItem, DeploymentBrief)
    case unwanted(id: String)
    case finding(id: String, release: String, ClusterObserver.Finding)
    case retry(id: String, generation: UInt64)
    case correctionDue(id: String, generation: UInt64)
    case all(DeploymentLifecycle.Event)
    case sweep
    case orphans([ReleaseIdentity])
    case removalsConfirmed
  }

  enum Job: Sendable {
    case apply(DesiredItem, releases: [ReleaseIdentity], sparing: Set<TakenObject>)
    case verify(DesiredItem, AppliedRelease)
    case correct(DesiredItem, AppliedRelease)
    case uninstall(Removal)
    case remove(Removal, AppliedRelease)
  }

  struct Entry {
    var life: DeploymentLifecycle
    var item: DesiredItem?
    var brief: DeploymentBrief?
    var composer: StatusComposer
    var state = BundleState.waitApplied
    var retryGeneration: UInt64 = 0
    var drift = Drift()
    /// A release that was found without a deployment: the manager is told nothing of it.
    var isOrphan = false
  }

  let state: AgentState
  let installer: any ReleaseInstaller
  let report: Report
  let hold: Hold
  let logger: Logger
  let started = ContinuousClock.now
  private let mailbox: AsyncStream<Message>
  nonisolated let post: AsyncStream<Message>.Continuation
  var observer: ClusterObserver?
  var entries: [String: Entry] = [:]
  /// Which deployments take an object over.
  var takers: [TakenObject: Set<String>] = [:]
  /// What comes before what.
  var dependencies = Dependencies()
  var queue: DeploymentQueue<Job>
  var isSweepDue = false
  private var areRemovalsConfirmed = false

  init(
    state: AgentState, installer: any ReleaseInstaller, concurrency: Int, logger: Logger, report: @escaping Report,
    hold: @escaping Hold
  ) {
    self.state = state
    self.hold = hold
    self.installer = installer
    self.report = report
    self.logger = logger
    queue = DeploymentQueue(capacity: min(concurrency, AgentLimits.concurrentDeploymentsMaximum))
    (mailbox, post) = AsyncStream.makeStream()
    for record in state.records.values where !record.isGone {
      let status = (try? JSON.parse(record.status, file: "status")).flatMap { try? BundleDeploymentStatus($0) }
      entries[record.id] = Entry(
        life: DeploymentLifecycle(
          releases: record.releases, hasCopied: record.hasCopied, applied: record.applied),
        composer: StatusComposer(status: status ?? BundleDeploymentStatus()))
    }
  }
}

extension Deployer {
  /// Works until the task is cancelled. Operations that are under way then run to their end.
  func run(observer: ClusterObserver) async {
    self.observer = observer
    await withDiscardingTaskGroup { group in
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: AgentLimits.resyncInterval * .random(in: 0.8...1.2))
          guard !Task.isCancelled else { return }
          self.post.yield(.all(.resync))
          await observer.resync()
        }
      }
      for await message in mailbox {
        await handle(message)
        startJobs(in: &group)
      }
      group.cancelAll()
    }
  }

  /// Takes the desired set as it is now; blobs of all its items are there. Deployments that are in no set any more are
  /// removed from the cluster.
  func update(_ desired: DesiredSet, briefs: [String: DeploymentBrief]) {
    for (id, item) in desired.items.sorted(by: { $0.key < $1.key }) where entries[id]?.item != item {
      guard let brief = briefs[id] else { continue }
      post.yield(.wanted(item, brief))
    }
    for id in entries.keys.sorted() where desired.items[id] == nil { post.yield(.unwanted(id: id)) }
  }

  /// Whether the deployment's version is the one taken last.
  func holds(_ item: DesiredItem) -> Bool { entries[item.id]?.item == item }

  /// The cluster answers again.
  nonisolated func clusterIsBack() { post.yield(.all(.clusterReachable)) }

  /// What the observer found.
  nonisolated func found(_ subject: ClusterObserver.Subject, _ finding: ClusterObserver.Finding) {
    post.yield(.finding(id: subject.id, release: subject.release, finding))
  }

  /// The desired set is complete: releases of this agent that belong to no deployment are removed.
  nonisolated func sweep() { post.yield(.sweep) }

  /// Somebody has confirmed that releases without a deployment are removed, however many they are.
  nonisolated func confirmRemovals() { post.yield(.removalsConfirmed) }

  private func handle(_ message: Message) async {
    switch message {
    case .event(let id, let event): await send(event, to: id)
    case .wanted(let item, let brief): await want(item, brief)
    case .unwanted(let id):
      guard entries[id] != nil else { return }
      if entries[id]?.item != nil { logger.info("removing a deployment", metadata: ["deployment": "\(id)"]) }
      entries[id]?.item = nil
      let waiting = dependencies.waiting(for: id)
      setBrief(nil, of: id)
      await send(.unwanted, to: id)
      await wake(waiting)
    case .finding(let id, let release, let finding): await take(finding, of: id, release: release)
    case .correctionDue(let id, let generation): await correctionDue(id, generation)
    case .retry(let id, let generation):
      if entries[id]?.retryGeneration == generation { await send(.retryDue, to: id) }
    case .all(let event):
      for id in entries.keys.sorted() { await send(event, to: id) }
    case .sweep: isSweepDue = true
    case .orphans(let releases): await swept(releases)
    case .removalsConfirmed:
      areRemovalsConfirmed = true
      isSweepDue = true
    }
  }

  private func want(_ item: DesiredItem, _ brief: DeploymentBrief) async {
    var entry = entries[item.id] ?? Entry(life: DeploymentLifecycle(), composer: StatusComposer())
    let before = entry.brief
    entry.item = item
    entry.composer.targetChanged(to: brief.target.deploymentID, at: .now)
    entries[item.id] = entry
    setBrief(brief, of: item.id)
    await send(.wanted(brief.target), to: item.id)
    if before == nil { await wake(dependencies.waiting(for: item.id)) }
    guard let before, before != brief else { return }
    if before.dependsOn != brief.dependsOn { await send(.dependenciesChanged, to: item.id) }
    for problem in brief.driftRules.problems where !before.driftRules.problems.contains(problem) {
      logger.warning("part of a bundle has no effect", metadata: ["deployment": "\(item.id)", "problem": "\(problem)"])
    }
    // What counts as drift, and whether it is corrected, changes without a new deployment.
    if !brief.observesAlike(before), entries[item.id]?.life.isWatched == true { await observe(item.id) }
    // What was found by the old switches says nothing by the new ones: a new look does.
    if brief.correctDrift.enabled != before.correctDrift.enabled, entries[item.id]?.life.isWatched == true {
      entries[item.id]?.drift.objects = []
      await considerCorrection(of: item.id)
      await observe(item.id)
    }
  }

  /// Takes releases that belong to no deployment. An agent that begins anew removes no more than a few of them unasked: its
  /// manager's store may have been emptied.
  private func swept(_ releases: [ReleaseIdentity]) async {
    let known = knownReleases
    let orphans = releases.filter { !known.contains($0) }
    let count = orphans.count + known.count
    let isMuch = orphans.count * 100 > count * AgentLimits.unconfirmedRemovals
    if isMuch, !state.desired.isSwept, !areRemovalsConfirmed {
      logger.warning(
        "releases that belong to no deployment stay until somebody confirms their removal on the manager",
        metadata: ["releases": "\(orphans)", "of": "\(count)"])
      return await hold(orphans, count)
    }
    await hold([], count)
    await adopt(orphans)
    do {
      try await state.updateDesired { $0.isSwept = true }
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
    }
  }

  /// Orphans are given a life that ends with their removal.
  private func adopt(_ orphans: [ReleaseIdentity]) async {
    for release in orphans {
      logger.notice("removing a release that belongs to no deployment", metadata: ["release": "\(release)"])
      let id = "orphan \(release)"
      entries[id] = Entry(life: DeploymentLifecycle(releases: [release]), composer: StatusComposer(), isOrphan: true)
      await send(.unwanted, to: id)
    }
  }
}
