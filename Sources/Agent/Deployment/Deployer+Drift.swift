import Document
import Fleet
import Logging

extension Deployer {
  /// What is remembered of a deployment's drift.
  struct Drift {
    /// When it is corrected.
    var correction = DriftCorrection()
    /// The objects that the last look found to differ, and that could be put right.
    var objects: Set<ObjectIdentity> = []
    /// Who seems to have changed them.
    var writers: [ObjectIdentity: String] = [:]
    /// An earlier wait is void.
    var generation: UInt64 = 0
  }

  /// Takes what a look at a deployment's objects found: tells of it, and has drift corrected where that is wanted.
  func take(_ finding: ClusterObserver.Finding, of id: String, release: String) async {
    guard var entry = entries[id], entry.life.isCurrent, entry.life.applied?.text == release else { return }
    if case .releaseMissing = finding { return await send(.resync, to: id) }
    if case .observed(let observation, let writers) = finding {
      entry.drift.objects = correctable(observation.modified, of: entry, id)
      entry.drift.writers = writers
    }
    entry.composer.observed(finding, at: .now)
    entries[id] = entry
    if case .observed = finding { await considerCorrection(of: id) }
    await publish(id)
  }

  /// The objects that are to be put right: all but those left over of another revision, which applying this one does not concern,
  /// and those that another deployment takes over. Without drift correction, those that are missing and should have been taken over.
  private func correctable(_ modified: [ModifiedStatus], of entry: Entry, _ id: String) -> Set<ObjectIdentity> {
    guard let brief = entry.brief else { return [] }
    let others = takenOver(besides: id)
    let differing = modified.filter { difference in
      guard !difference.delete, !others.contains(TakenObject(difference.object)) else { return false }
      return brief.correctDrift.enabled
        || (difference.missing && brief.takesOver.contains(TakenObject(difference.object)))
    }
    return Set(differing.map(\.object))
  }

  /// Has drift corrected, now or later, or not at all.
  func considerCorrection(of id: String) async {
    guard var entry = entries[id], let brief = entry.brief, !brief.target.isPaused,
      brief.correctDrift.enabled || !entry.drift.objects.isEmpty
    else {
      entries[id]?.drift.generation += 1
      entries[id]?.composer.correction(nil, at: .now)
      return
    }
    guard entry.life.operation != .correct else { return }
    let decision = entry.drift.correction.found(entry.drift.objects, at: elapsed)
    entry.composer.correction(note(on: entry.drift), at: .now)
    entries[id] = entry
    switch decision {
    case .nothing:
      entries[id]?.drift.generation += 1
      entries[id]?.composer.correctionFailed(nil, at: .now)
    case .correct: await send(.drifted, to: id)
    case .wait(let pause): remind(id, after: pause)
    }
  }

  /// A correction that was put off may be due.
  func correctionDue(_ id: String, _ generation: UInt64) async {
    guard entries[id]?.drift.generation == generation, entries[id]?.drift.objects.isEmpty == false else { return }
    await considerCorrection(of: id)
    await publish(id)
  }

  /// A correction ended.
  func correctionEnded(_ id: String, _ failure: DeploymentFailure?) {
    guard var entry = entries[id] else { return }
    if let failure {
      let decision = entry.drift.correction.failed(at: elapsed)
      entry.composer.correctionFailed(failure.message, at: .now)
      logger.warning("correcting drift failed", metadata: ["deployment": "\(id)", "error": "\(failure.message)"])
      entries[id] = entry
      if case .wait(let pause) = decision { remind(id, after: pause) }
    } else {
      let names = entry.drift.objects.map(\.text).sorted().prefix(Limits.statusEntries).joined(separator: ", ")
      logger.notice("drift corrected", metadata: ["deployment": "\(id)", "objects": "\(names)"])
      entry.drift.correction.corrected(at: elapsed)
      entry.drift.objects = []
      entry.composer.correctionFailed(nil, at: .now)
      entries[id] = entry
    }
  }

  private func remind(_ id: String, after pause: Duration) {
    entries[id]?.drift.generation += 1
    guard let generation = entries[id]?.drift.generation else { return }
    Task { [post] in
      try? await Task.sleep(for: pause)
      post.yield(.correctionDue(id: id, generation: generation))
    }
  }

  /// What a status says of a fight. It stays the same while the fight goes on, so that it makes no new statuses.
  private func note(on drift: Drift) -> String? {
    guard drift.correction.isFighting, let object = drift.objects.min() else { return nil }
    let writer = drift.writers[object].map { " by \"\($0)\"" } ?? ""
    return "drift is corrected less and less often: \(object.display) is changed again\(writer) right after every"
      + " correction; stop that, or disregard the field with diff.comparePatches"
  }

  /// The time since the agent began.
  private var elapsed: Duration { ContinuousClock.now - started }
}
