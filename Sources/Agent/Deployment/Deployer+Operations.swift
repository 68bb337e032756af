import Fleet
import HelmEngine
import Logging

extension Deployer {
  func send(_ event: DeploymentLifecycle.Event, to id: String) async {
    switch event {
    case .corrected: correctionEnded(id, nil)
    case .correctFailed(let failure): correctionEnded(id, failure)
    default: break
    }
    guard var entry = entries[id] else { return }
    let before = entry.life.failure
    let directives = entry.life.handle(event)
    entries[id] = entry
    dependencies.setWaiting(id, entry.life.failure?.kind == .dependency)
    log(event, of: id, before: before)
    var problem: DeploymentFailure?
    for directive in directives {
      switch directive {
      case .record: problem = await record(id)
      case .apply, .verify, .correct, .uninstall, .removeReleases:
        if case .apply = directive, let set = entries[id]?.brief?.setHash { await observer?.expect(set) }
        begin(directive, for: id, unless: problem)
      case .observe: await observe(id)
      case .stopObserving: await observer?.stop(id)
      case .report: await publish(id)
      case .scheduleRetry(let pause): scheduleRetry(of: id, after: pause)
      case .cancelRetry: entries[id]?.retryGeneration += 1
      case .forget: await forget(id)
      }
    }
  }

  func record(_ id: String) async -> DeploymentFailure? {
    guard let life = entries[id]?.life, entries[id]?.isOrphan == false else { return nil }
    do {
      try await state.updateRecord(id) { record in
        record.isGone = false
        record.releases = life.releases
        record.hasCopied = life.hasCopied
        record.applied = life.applied
      }
      return nil
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
      return DeploymentFailure(error)
    }
  }

  /// What is not noted must not begin: a crash would leave a release that nobody knows of.
  func begin(_ directive: DeploymentLifecycle.Directive, for id: String, unless problem: DeploymentFailure?) {
    let job: Job
    let failed: DeploymentLifecycle.Event?
    switch directive {
    case .apply:
      guard let entry = entries[id], let item = entry.item else { return }
      let obstacle = problem ?? dependencies.obstacle(of: id)
      failed = obstacle.map { .applyFailed($0) }
      job = .apply(item, releases: entry.life.releases, sparing: takenOver(besides: id))
    case .verify(let applied):
      guard let item = entries[id]?.item else { return }
      failed = problem.map { .verifyFailed($0) }
      job = .verify(item, applied)
    case .correct(let applied):
      guard let item = entries[id]?.item else { return }
      failed = problem.map { .correctFailed($0) }
      job = .correct(item, applied)
    case .uninstall(let releases, let keepsResources):
      failed = problem.map { .removeFailed($0) }
      job = .uninstall(removal(of: releases, for: id, keepsResources: keepsResources, isLast: true))
    case .removeReleases(let releases, let newer):
      failed = problem.map { .removeFailed($0) }
      job = .remove(removal(of: releases, for: id), newer)
    default: return
    }
    if let failed { post.yield(.event(id: id, failed)) } else { queue.add(job, for: id) }
  }

  private func removal(
    of releases: [ReleaseIdentity], for id: String, keepsResources: Bool = false, isLast: Bool = false
  ) -> Removal {
    var removal = Removal(releases: releases, keepsResources: keepsResources, sparing: takenOver(besides: id))
    guard let entry = entries[id] else { return removal }
    if entry.life.hasCopied { removal.copiesOf = id }
    if isLast, entry.life.applied?.deletesNamespace == true {
      let used = entries.filter { $0.key != id }.values.reduce(into: Set<String>()) { used, other in
        used.formUnion((other.life.releases + (other.brief.map { [$0.target.release] } ?? [])).map(\.namespace))
      }
      removal.namespaces = Set(releases.map(\.namespace)).subtracting(used)
    }
    return removal
  }

  func startJobs(in group: inout DiscardingTaskGroup) {
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

  func ended(_ id: String, _ event: DeploymentLifecycle.Event) {
    queue.finished(id)
    post.yield(.event(id: id, event))
  }

  static func perform(_ job: Job, with installer: any ReleaseInstaller) async -> DeploymentLifecycle.Event {
    switch job {
    case .apply(let item, let releases, let spared):
      do {
        return .applied(try await installer.apply(item, releases: releases, sparing: spared))
      } catch {
        return .applyFailed(error)
      }
    case .verify(let item, let applied):
      do {
        return .verified(exists: try await installer.exists(item, applied))
      } catch {
        return .verifyFailed(error)
      }
    case .correct(let item, let applied):
      do {
        return .corrected(try await installer.correct(item, applied))
      } catch {
        return .correctFailed(error)
      }
    case .uninstall(let removal):
      do {
        try await installer.uninstall(removal)
        return .removed(removal.releases)
      } catch {
        return .removeFailed(error)
      }
    case .remove(let removal, let newer):
      do {
        try await installer.remove(removal, superseding: newer)
        return .removed(removal.releases)
      } catch {
        return .removeFailed(error)
      }
    }
  }

  func observe(_ id: String) async {
    guard let entry = entries[id], let brief = entry.brief, let applied = entry.life.applied else { return }
    await observer?.observe(
      ClusterObserver.Subject(
        id: id, applied: applied, setHash: brief.setHash, ignoredConditions: brief.ignoredConditions,
        rules: brief.driftRules, serviceAccount: brief.serviceAccount))
  }

  func scheduleRetry(of id: String, after pause: Duration) {
    entries[id]?.retryGeneration += 1
    guard let generation = entries[id]?.retryGeneration else { return }
    Task { [post] in
      try? await Task.sleep(for: pause)
      post.yield(.retry(id: id, generation: generation))
    }
  }

  func forget(_ id: String) async {
    guard let entry = entries.removeValue(forKey: id), !entry.isOrphan else { return }
    do {
      // Its last trace goes when the manager knows: see `ManagerLink`.
      try await state.updateRecord(id) { record in
        record.releases = []
        record.hasCopied = false
        record.applied = nil
        record.status = []
        record.isGone = true
      }
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
    }
    logger.info("the deployment is gone", metadata: ["deployment": "\(id)"])
    await report(id, "", nil)
  }

  /// What the other deployments that are to stand take over from those that go.
  func takenOver(besides id: String) -> Set<TakenObject> {
    Set(takers.lazy.filter { $0.value != [id] }.map(\.key))
  }

  /// Files what a deployment takes over, so that nobody has to ask all deployments for it.
  func setBrief(_ brief: DeploymentBrief?, of id: String) {
    for object in entries[id]?.brief?.takesOver ?? [] {
      takers[object]?.remove(id)
      if takers[object]?.isEmpty == true { takers[object] = nil }
    }
    for object in brief?.takesOver ?? [] { takers[object, default: []].insert(id) }
    entries[id]?.brief = brief
    dependencies.set(id, to: brief, state: entries[id]?.state ?? .waitApplied)
  }

  var knownReleases: Set<ReleaseIdentity> {
    Set(entries.values.flatMap { entry in entry.life.releases + (entry.brief.map { [$0.target.release] } ?? []) })
  }
}
