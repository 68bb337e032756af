import Fleet
import Wire

extension SimulatedAgent: SessionWork {
  func keep(_ desired: Desired, over channel: RPCChannel?) async throws -> [NackItem] {
    let begin = ContinuousClock.now
    var items = self.desired.items
    if isAcknowledged {
      isAcknowledged = false
      tally.note { $0.acknowledged -= 1 }
    }
    let held = Set(items.values.flatMap(\.digests))
    let missing = Set(desired.set.flatMap { [$0.contentDigest, $0.optionsDigest] }).subtracting(held)
    let unavailable = try await fetcher.fetch(missing, inline: desired.blobs, over: channel)
    var refused: [NackItem] = []
    for item in desired.set {
      do {
        if let reason = unavailable[item.optionsDigest] ?? unavailable[item.contentDigest] {
          throw AgentError(.content, reason)
        }
        let kept = DesiredItem(item)
        let release = try surroundings.releases.release(of: kept)
        surroundings.releases.hold(kept)
        if let old = items.updateValue(kept, forKey: item.id) { surroundings.releases.drop(old) }
        want(kept, release, since: begin)
      } catch {
        refused.append(NackItem(id: item.id, version: item.version, message: "\(error)"))
      }
    }
    for id in desired.removed {
      guard let old = items.removeValue(forKey: id) else { continue }
      surroundings.releases.drop(old)
      waiting.removeAll { $0.id == id }
      await gone(id)
    }
    self.desired.items = items
    let (fetched, versions) = (missing.count - unavailable.count, desired.set.count - refused.count)
    let problem = refused.first?.message
    tally.note {
      $0.blobs += fetched
      $0.versions += versions
      if versions > 0 {
        $0.lastVersion = SimulationTally.milliseconds
        $0.acknowledging.note(ContinuousClock.now - begin)
      }
      if let problem { $0.problem = problem }
    }
    judge()
    return refused
  }

  func collectGarbage() async throws { await fetcher.forgetPartials() }

  func apply() async {
    let items = waiting
    waiting = []
    for item in items {
      let next = Attempt(item: item, pause: latency)
      if next.pause == .zero { await perform(next) } else { attempt.yield(next) }
    }
  }

  func complete(_ revision: UInt64, lineage: String) async throws {
    desired.revision = revision
    desired.lineage = lineage
    if !isAcknowledged {
      isAcknowledged = true
      tally.note { $0.acknowledged += 1 }
    }
    judge()
  }

  // It finds no releases but those it makes.
  func removalsConfirmed() async {}

  func acknowledge(_ hashes: [String: String?]) async throws {
    for (id, hash) in hashes {
      guard let hash else {
        if deployments[id]?.record.isGone == true { deployments[id] = nil }
        continue
      }
      guard let version = desired.items[id]?.version else { continue }
      if deployments[id]?.acknowledge(hash, version: version) == true { becameReady(id) }
    }
    judge()
  }

  func statuses() async -> [DeploymentStatus] {
    deployments.sorted { $0.key < $1.key }.map(\.value.record).filter { !$0.status.isEmpty || $0.isGone }
      .map { DeploymentStatus(id: $0.id, version: $0.statusVersion, status: $0.isGone ? [] : $0.status) }
  }

  func connecting() async { connectingSince = .now }

  func welcomed() async {
    guard !isConnected else { return }
    isConnected = true
    let (took, again) = (ContinuousClock.now - connectingSince, hadSession)
    hadSession = true
    tally.note {
      $0.connected += 1
      $0.sessions += 1
      if again { $0.reconnects += 1 }
      $0.connecting.note(took)
    }
    await started()
  }

  func lost(_ error: RPCError?) async {
    let was = isConnected
    isConnected = false
    let held = isAcknowledged
    isAcknowledged = false
    tally.note {
      if was { $0.connected -= 1 }
      if held { $0.acknowledged -= 1 }
      $0.losses += 1
      if let error { $0.problem = error.message }
    }
    judge()
    await started()
  }

  /// An attempt's time has come.
  func perform(_ next: Attempt) async {
    let id = next.item.id
    guard desired.items[id] == next.item, let deployment = deployments[id] else { return }
    let release: SimulatedReleases.Release
    do {
      release = try surroundings.releases.release(of: next.item)
    } catch {
      return tally.note { $0.problem = "\(error)" }
    }
    let hasFailed = Double.random(in: 0..<1) < surroundings.configuration.failureRate
    let wasFailed = deployment.isFailed
    if hasFailed {
      deployment.fail(release, version: next.item.version, now: .now)
    } else {
      deployment.succeed(
        release, version: next.item.version, now: .now, among: surroundings.releases.successes)
    }
    tally.note {
      if hasFailed { $0.failures += 1 }
      $0.failedDeployments += (hasFailed ? 1 : 0) - (wasFailed ? 1 : 0)
    }
    let record = deployment.record
    await link?.report(DeploymentStatus(id: id, version: record.statusVersion, status: record.status))
    if hasFailed {
      let backoff = min(
        AgentLimits.retryBackoff.first * (1 << min(deployment.attempts - 1, 10)), AgentLimits.retryBackoff.last)
      attempt.yield(Attempt(item: next.item, pause: backoff * Double.random(in: 0.8..<1.2) + latency))
    } else if !record.acknowledged.isEmpty,
      deployments[id]?.acknowledge(record.acknowledged, version: next.item.version) == true
    {
      // The manager knows this very status already, and it is not sent again.
      becameReady(id)
      judge()
    }
  }

  // MARK: - What follows

  private var latency: Duration {
    let range = surroundings.configuration.applyLatency
    return range.lowerBound + (range.upperBound - range.lowerBound) * Double.random(in: 0...1)
  }

  private func want(_ item: DesiredItem, _ release: SimulatedReleases.Release, since: ContinuousClock.Instant) {
    let known = deployments[item.id]
    let deployment = known ?? SimulatedDeployment(record: DeploymentRecord(id: item.id))
    let (wasReady, wasFailed) = (known?.isReady == true, known?.isFailed == true)
    let isNew = known == nil || known?.record.isGone == true
    deployment.record.isGone = false
    deployment.want(release, at: since, now: .now)
    deployments[item.id] = deployment
    waiting.removeAll { $0.id == item.id }
    if !release.isPaused { waiting.append(item) }
    tally.note {
      if isNew { $0.deployments += 1 }
      if wasReady { $0.readyDeployments -= 1 }
      if wasFailed { $0.failedDeployments -= 1 }
    }
  }

  private func gone(_ id: String) async {
    guard let old = deployments[id] else { return }
    let deployment = SimulatedDeployment(record: DeploymentRecord(id: id))
    deployment.record.isGone = true
    deployments[id] = deployment
    let (wasReady, wasFailed) = (old.isReady, old.isFailed)
    tally.note {
      $0.deployments -= 1
      if wasReady { $0.readyDeployments -= 1 }
      if wasFailed { $0.failedDeployments -= 1 }
    }
    await link?.report(DeploymentStatus(id: id, version: old.record.statusVersion, status: []))
  }

  private func becameReady(_ id: String) {
    let took = deployments[id]?.arrived.map { ContinuousClock.now - $0 }
    deployments[id]?.arrived = nil
    tally.note {
      $0.readyDeployments += 1
      $0.readyVersions += 1
      $0.lastReadyVersion = SimulationTally.milliseconds
      if let took { $0.becomingReady.note(took) }
    }
  }

  private func judge() {
    let items = desired.items
    let isReady = isAcknowledged && !items.isEmpty && items.keys.allSatisfy { deployments[$0]?.isReady == true }
    guard isReady != isAllReady else { return }
    isAllReady = isReady
    tally.note { $0.ready += isReady ? 1 : -1 }
  }
}
