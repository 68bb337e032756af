import Document
import Fleet
import Foundation
import HelmEngine
import Logging

/// Makes the cluster what the desired set says: one ``DeploymentLifecycle`` for each deployment, whose directives are
/// carried out here. Deployments of different ids run side by side, up to a number; one id's never do.
///
/// Everything that happens comes through one mailbox and is handled whole, records written included, before the next.
actor Deployer {
  /// Takes statuses on their way to the manager; nil says that the deployment is gone.
  typealias Report = @Sendable (_ id: String, _ version: String, _ status: [UInt8]?) async -> Void

  private enum Message: Sendable {
    case event(id: String, DeploymentLifecycle.Event)
    case wanted(DesiredItem, DeploymentBrief)
    case unwanted(id: String)
    case finding(id: String, ClusterObserver.Finding)
    case retry(id: String, generation: UInt64)
    case all(DeploymentLifecycle.Event)
    case sweep
    case orphans([ReleaseIdentity])
  }

  private enum Job: Sendable {
    case apply(DesiredItem, releases: [ReleaseIdentity])
    case verify(AppliedRelease)
    case uninstall([ReleaseIdentity], keepsResources: Bool)
    case remove([ReleaseIdentity], AppliedRelease)
  }

  private struct Entry {
    var life: DeploymentLifecycle
    var item: DesiredItem?
    var brief: DeploymentBrief?
    var composer: StatusComposer
    var state = BundleState.waitApplied
    var retryGeneration: UInt64 = 0
    /// A release that was found without a deployment: the manager is told nothing of it.
    var isOrphan = false
  }

  private let state: AgentState
  private let installer: any ReleaseInstaller
  private let report: Report
  private let logger: Logger
  private let mailbox: AsyncStream<Message>
  private nonisolated let post: AsyncStream<Message>.Continuation
  private var observer: ClusterObserver?
  private var entries: [String: Entry] = [:]
  private var queue: DeploymentQueue<Job>
  private var isSweepDue = false

  init(
    state: AgentState, installer: any ReleaseInstaller, concurrency: Int, logger: Logger, report: @escaping Report
  ) {
    self.state = state
    self.installer = installer
    self.report = report
    self.logger = logger
    queue = DeploymentQueue(capacity: min(concurrency, AgentLimits.concurrentDeploymentsMaximum))
    (mailbox, post) = AsyncStream.makeStream()
    for record in state.records.values {
      let status = (try? JSON.parse(record.status, file: "status")).flatMap { try? BundleDeploymentStatus($0) }
      entries[record.id] = Entry(
        life: DeploymentLifecycle(releases: record.releases, applied: record.applied),
        composer: StatusComposer(status: status ?? BundleDeploymentStatus()))
    }
  }
}

// MARK: - What happens

extension Deployer {
  /// Works until the task is cancelled. Operations that are under way then run to their end.
  func run(observer: ClusterObserver) async {
    self.observer = observer
    await withDiscardingTaskGroup { group in
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: AgentLimits.resyncInterval)
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
  nonisolated func found(_ id: String, _ finding: ClusterObserver.Finding) { post.yield(.finding(id: id, finding)) }

  /// The desired set is complete: releases of this agent that belong to no deployment are removed.
  nonisolated func sweep() { post.yield(.sweep) }

  private func handle(_ message: Message) async {
    switch message {
    case .event(let id, let event): await send(event, to: id)
    case .wanted(let item, let brief): await want(item, brief)
    case .unwanted(let id):
      guard entries[id] != nil else { return }
      if entries[id]?.item != nil { logger.info("removing a deployment", metadata: ["deployment": "\(id)"]) }
      entries[id]?.item = nil
      entries[id]?.brief = nil
      await send(.unwanted, to: id)
    case .finding(let id, let finding):
      guard var entry = entries[id], entry.life.isCurrent else { return }
      entry.composer.observed(finding, at: .now)
      entries[id] = entry
      await publish(id)
    case .retry(let id, let generation):
      if entries[id]?.retryGeneration == generation { await send(.retryDue, to: id) }
    case .all(let event):
      for id in entries.keys.sorted() { await send(event, to: id) }
    case .sweep: isSweepDue = true
    case .orphans(let releases): await adopt(releases)
    }
  }

  private func want(_ item: DesiredItem, _ brief: DeploymentBrief) async {
    var entry = entries[item.id] ?? Entry(life: DeploymentLifecycle(), composer: StatusComposer())
    entry.item = item
    entry.brief = brief
    entry.composer.targetChanged(to: brief.target.deploymentID, at: .now)
    entries[item.id] = entry
    await send(.wanted(brief.target), to: item.id)
  }

  /// Orphans are given a record of their own, and so a life that ends with their removal.
  private func adopt(_ releases: [ReleaseIdentity]) async {
    let known = knownReleases
    for release in releases where !known.contains(release) {
      logger.notice("removing a release that belongs to no deployment", metadata: ["release": "\(release)"])
      let id = "orphan \(release)"
      entries[id] = Entry(life: DeploymentLifecycle(releases: [release]), composer: StatusComposer(), isOrphan: true)
      await send(.unwanted, to: id)
    }
  }
}

// MARK: - What is done

extension Deployer {
  private func send(_ event: DeploymentLifecycle.Event, to id: String) async {
    guard var entry = entries[id] else { return }
    let directives = entry.life.handle(event)
    entries[id] = entry
    log(event, of: id, entry.life)
    var problem: DeploymentFailure?
    for directive in directives {
      switch directive {
      case .record: problem = await record(id)
      case .apply, .verify, .uninstall, .removeReleases: begin(directive, for: id, unless: problem)
      case .observe: await observe(id)
      case .stopObserving: await observer?.stop(id)
      case .report: await publish(id)
      case .scheduleRetry(let pause): scheduleRetry(of: id, after: pause)
      case .cancelRetry: entries[id]?.retryGeneration += 1
      case .forget: await forget(id)
      }
    }
  }

  private func record(_ id: String) async -> DeploymentFailure? {
    guard let life = entries[id]?.life, entries[id]?.isOrphan == false else { return nil }
    do {
      try await state.updateRecord(id) { record in
        record.releases = life.releases
        record.applied = life.applied
      }
      return nil
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
      return DeploymentFailure(error)
    }
  }

  /// What is not noted must not begin: a crash would leave a release that nobody knows of.
  private func begin(_ directive: DeploymentLifecycle.Directive, for id: String, unless problem: DeploymentFailure?) {
    let job: Job
    let failed: DeploymentLifecycle.Event?
    switch directive {
    case .apply:
      guard let entry = entries[id], let item = entry.item, let brief = entry.brief else { return }
      let obstacle = problem ?? Dependencies.obstacle(of: brief, among: candidates(besides: id))
      failed = obstacle.map { .applyFailed($0) }
      job = .apply(item, releases: entry.life.releases)
    case .verify(let applied):
      failed = problem.map { .verifyFailed($0) }
      job = .verify(applied)
    case .uninstall(let releases, let keepsResources):
      failed = problem.map { .removeFailed($0) }
      job = .uninstall(releases, keepsResources: keepsResources)
    case .removeReleases(let releases, let newer):
      failed = problem.map { .removeFailed($0) }
      job = .remove(releases, newer)
    default: return
    }
    if let failed { post.yield(.event(id: id, failed)) } else { queue.add(job, for: id) }
  }

  private func startJobs(in group: inout DiscardingTaskGroup) {
    while let (id, job) = queue.next() {
      group.addTask { [installer] in
        let event = await Self.perform(job, with: installer)
        await self.ended(id, event)
      }
    }
    guard isSweepDue else { return }
    isSweepDue = false
    let known = knownReleases
    group.addTask { [installer, logger, post] in
      do {
        post.yield(.orphans(try await installer.orphans(known: known)))
      } catch {
        logger.debug("looking for releases without a deployment failed", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .seconds(10))
        post.yield(.sweep)
      }
    }
  }

  private func ended(_ id: String, _ event: DeploymentLifecycle.Event) {
    queue.finished(id)
    post.yield(.event(id: id, event))
  }

  private static func perform(_ job: Job, with installer: any ReleaseInstaller) async -> DeploymentLifecycle.Event {
    switch job {
    case .apply(let item, let releases):
      do {
        return .applied(try await installer.apply(item, releases: releases))
      } catch {
        return .applyFailed(error)
      }
    case .verify(let applied):
      do {
        return .verified(exists: try await installer.exists(applied))
      } catch {
        return .verifyFailed(error)
      }
    case .uninstall(let releases, let keepsResources):
      do {
        try await installer.uninstall(releases, keepsResources: keepsResources)
        return .removed(releases)
      } catch {
        return .removeFailed(error)
      }
    case .remove(let releases, let newer):
      do {
        try await installer.remove(releases, superseding: newer)
        return .removed(releases)
      } catch {
        return .removeFailed(error)
      }
    }
  }

  private func observe(_ id: String) async {
    guard let entry = entries[id], let brief = entry.brief, let applied = entry.life.applied else { return }
    await observer?.observe(
      ClusterObserver.Subject(
        id: id, setHash: brief.setHash, objects: applied.objects, ignoredConditions: brief.ignoredConditions))
  }

  private func scheduleRetry(of id: String, after pause: Duration) {
    entries[id]?.retryGeneration += 1
    guard let generation = entries[id]?.retryGeneration else { return }
    Task { [post] in
      try? await Task.sleep(for: pause)
      post.yield(.retry(id: id, generation: generation))
    }
  }

  private func forget(_ id: String) async {
    guard let entry = entries.removeValue(forKey: id), !entry.isOrphan else { return }
    do {
      try await state.removeRecord(id)
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
    }
    logger.info("the deployment is gone", metadata: ["deployment": "\(id)"])
    await report(id, "", nil)
    await wakeDependents()
  }

  private var knownReleases: Set<ReleaseIdentity> {
    Set(entries.values.flatMap { entry in entry.life.releases + (entry.brief.map { [$0.target.release] } ?? []) })
  }
}

// MARK: - What is reported

extension Deployer {
  private func publish(_ id: String) async {
    guard var entry = entries[id], let item = entry.item, let brief = entry.brief else { return }
    let target = brief.target
    if let failure = entry.life.failure {
      entry.composer.failed(failure, deploymentID: target.deploymentID, at: .now)
    } else if entry.life.isCurrent, let applied = entry.life.applied {
      entry.composer.deployed(applied, syncGeneration: brief.syncGeneration, at: .now)
    }
    entries[id] = entry
    guard !entry.composer.awaitsObservation else { return }
    let status = entry.composer.status
    let bytes = JSON.encode(status.value)
    let known = state.record(id)
    let says = known?.status ?? []
    // A version that is neither deployed nor failed has nothing to say yet.
    let isSettled = entry.life.isCurrent || entry.life.failure != nil
    guard bytes != says || (isSettled && known?.statusVersion != item.version), status != BundleDeploymentStatus() else {
      return
    }
    do {
      try await state.updateRecord(id) { record in
        record.status = bytes
        record.statusVersion = item.version
      }
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
    }
    await report(id, item.version, bytes)
    let state = status.state(desiredID: target.deploymentID, stagedID: target.deploymentID)
    guard entry.state != state else { return }
    entries[id]?.state = state
    let message = status.conditions["Ready"]?.message ?? ""
    logger.info(
      "the deployment is \(state.rawValue)",
      metadata: message.isEmpty || state == .errApplied
        ? ["deployment": "\(id)"] : ["deployment": "\(id)", "message": "\(message)"])
    await wakeDependents()
  }

  private func wakeDependents() async {
    for id in entries.keys.sorted() where entries[id]?.life.failure?.kind == .dependency {
      await send(.dependenciesChanged, to: id)
    }
  }

  private func candidates(besides id: String) -> [Dependencies.Candidate] {
    entries.compactMap { other, entry in
      guard other != id, let brief = entry.brief else { return nil }
      return Dependencies.Candidate(name: brief.bundleName, labels: brief.labels, state: entry.state)
    }
  }

  private func log(_ event: DeploymentLifecycle.Event, of id: String, _ life: DeploymentLifecycle) {
    switch event {
    case .applied(let applied):
      logger.info("deployed", metadata: ["deployment": "\(id)", "release": "\(applied.text)"])
    case .applyFailed(let failure):
      let metadata: Logger.Metadata = ["deployment": "\(id)", "error": "\(failure.message)"]
      let isNews = entries[id]?.composer.status.conditions["Deployed"]?.message != failure.message
      logger.log(level: isNews ? .warning : .debug, "deploying failed", metadata: metadata)
    case .removeFailed(let failure):
      logger.warning("removing failed", metadata: ["deployment": "\(id)", "error": "\(failure.message)"])
    case .verified(exists: false):
      logger.notice("the release is gone: deploying it again", metadata: ["deployment": "\(id)"])
    default: break
    }
  }
}

extension Timestamp {
  /// The time by the machine's clock.
  static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }
}
