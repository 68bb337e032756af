import Document
import Fleet
import Logging

extension ClusterObserver {
  /// Learns of the release's objects what no watch tells: a watch that has told of all that was there tells the rest by itself, and
  /// what it is late with is asked for object by object.
  func look(_ id: String) async {
    guard let generation = watched[id]?.generation, let subject = watched[id]?.subject else { return }
    watched[id]?.isExpected = false
    do {
      for type in subject.types where !synced.contains(type) {
        // Lists of all namespaces would cost the server the reading of everybody's objects.
        let namespaces = Set(
          (subject.applied.objects + subject.applied.previous).filter { $0.type == type }.map(\.namespace))
        var described: [LiveObject] = []
        var revision = UInt64.max
        for namespace in namespaces.sorted() {
          let list = try await cluster.objects(
            type, namespace: namespace.isEmpty ? nil : namespace, labels: [FleetLabels.objectSetHash: subject.setHash])
          guard current(id, generation) != nil else { return }
          revision = min(revision, list.resourceVersion)
          for object in list.objects {
            guard let one = describe(object) else { continue }
            described.append(one)
            markOthers(than: subject, put(one, object))
          }
        }
        markOthers(than: subject, live.replace(type, of: subject.setHash, with: described, at: revision))
      }
      watched[id]?.isListed = true
      await conclude(id)
    } catch {
      failed(id, generation, error)
    }
  }

  /// Judges a release as it is known now, once what is under way for it is done.
  func conclude(_ id: String) async {
    watched[id]?.isDirty = false
    guard let entry = watched[id], entry.isListed else { return }
    guard !entry.isJudged else {
      watched[id]?.isJudgedAgain = true
      return
    }
    watched[id]?.isJudged = true
    var round = 0
    while watched[id]?.generation == entry.generation {
      watched[id]?.isJudgedAgain = false
      round += 1
      do {
        try await judge(entry.subject, entry.generation, isPatient: round < 3)
      } catch {
        failed(id, entry.generation, error)
      }
      // A newer subject of the same deployment is judged by whoever looked at it.
      guard let now = watched[id], now.generation == entry.generation else { return }
      guard now.isJudgedAgain else { break }
    }
    watched[id]?.isJudged = false
  }

  /// Nothing is told of what could not be seen, before that has lasted a while: an API server that restarts is no news.
  private func failed(_ id: String, _ generation: UInt64, _ error: any Error) {
    guard !Task.isCancelled, let subject = current(id, generation) else { return }
    let failure = DeploymentFailure(error)
    let failures = watched[id]?.failures ?? 0
    watched[id]?.failures = failures + 1
    if failure.kind != .unreachable || failures >= 5 { tell(subject, .failed(failure.message)) }
    lookAgain(id, after: min(AgentLimits.lookBackoff.first * (1 << min(failures, 10)), AgentLimits.lookBackoff.last))
  }

  private func lookAgain(_ id: String, after pause: Duration) {
    guard watched[id]?.isExpected == false else { return }
    watched[id]?.isExpected = true
    enqueue.yield(.look(id: id, after: pause))
  }

  /// - Parameter isPatient: rather judge once more than tell of objects that changed under way.
  private func judge(_ subject: Subject, _ generation: UInt64, isPatient: Bool) async throws {
    guard subject.types.isDisjoint(with: interrupted) else {
      watched[subject.id]?.isPostponed = true
      return
    }
    guard try await compareChanged(subject, generation) else { return }
    let labelled = live.objects(of: subject.setHash)
    let present = Set(labelled.map(\.identity.unversioned))
    var foreign: Set<ObjectIdentity> = []
    for identity in subject.applied.objects
    where !present.contains(identity.unversioned) && !subject.rules.ignores(identity) {
      guard let object = try await cluster.object(identity) else { continue }
      guard current(subject.id, generation) != nil else { return }
      // A watch of a new kind may be behind the object itself.
      if let described = describe(object), described.setHash == subject.setHash {
        markOthers(than: subject, put(described, object))
        watched[subject.id]?.isJudgedAgain = true
      } else {
        foreign.insert(identity)
      }
    }
    guard current(subject.id, generation) != nil else { return }
    guard !isPatient || !hasDue(subject) else {
      watched[subject.id]?.isJudgedAgain = true
      return
    }
    guard subject.types.isDisjoint(with: interrupted) else {
      watched[subject.id]?.isPostponed = true
      return
    }
    conclude(subject, foreign: foreign)
  }

  /// What was read for one release may have been another's until then; no event tells of that any more.
  private func markOthers(than subject: Subject, _ sets: Set<String>) {
    mark(sets.subtracting([subject.setHash]))
  }

  private func hasDue(_ subject: Subject) -> Bool {
    live.objects(of: subject.setHash).contains { $0.comparison == .due }
  }

  private func conclude(_ subject: Subject, foreign: Set<ObjectIdentity>) {
    let labelled = live.objects(of: subject.setHash)
    let observation = BundleDeploymentStatus.Observation(
      deployed: subject.applied.objects, previous: subject.applied.previous, labelled: labelled, foreign: foreign,
      rules: subject.rules)
    var writers: [ObjectIdentity: String] = [:]
    for object in labelled {
      if case .differs(_, let writer) = object.comparison, !writer.isEmpty { writers[object.identity] = writer }
    }
    watched[subject.id]?.failures = 0
    tell(subject, .observed(observation, writers: writers))
    guard observation.modified.contains(where: \.missing) else {
      watched[subject.id]?.missingLooks = 0
      return
    }
    // An object that comes back without our label is seen by no watch of ours.
    let looks = watched[subject.id]?.missingLooks ?? 0
    let (first, last) = AgentLimits.missingInterval
    lookAgain(subject.id, after: min(first * (1 << min(looks, 10)), last))
    watched[subject.id]?.missingLooks = looks + 1
  }

  /// Compares the objects that changed; false when the release is another one by now, or Helm has no record of it.
  private func compareChanged(_ subject: Subject, _ generation: UInt64) async throws -> Bool {
    let due = live.objects(of: subject.setHash).filter { $0.comparison == .due }
    guard !due.isEmpty else { return true }
    let wanted = Set(subject.applied.objects.map(\.unversioned))
    for object in due where !wanted.contains(object.identity.unversioned) {
      live.settle(object, .same)
      candidates[object.identity.unversioned] = nil
    }
    let compared = due.filter { wanted.contains($0.identity.unversioned) }
    guard !compared.isEmpty else { return true }
    guard let manifest = try await manifests.objects(of: subject.applied) else {
      if current(subject.id, generation) != nil { tell(subject, .releaseMissing) }
      return false
    }
    let questions = compared.compactMap { object -> DriftComparer.Question? in
      let key = object.identity.unversioned
      let live = candidates.removeValue(forKey: key)
      guard let wanted = manifest[key] else { return nil }
      return DriftComparer.Question(object: object, live: live, wanted: wanted)
    }
    let ignored = subject.ignoredConditions
    let answers = try await comparer.answer(questions, rules: subject.rules, serviceAccount: subject.serviceAccount) {
      LiveObject(
        $0, setHash: $0.at("metadata", "labels", FleetLabels.objectSetHash)?.string ?? "", ignoredConditions: ignored)
    }
    guard current(subject.id, generation) != nil else { return false }
    for answer in answers {
      // What was read for the comparison may be newer than what the watch has told. Without the label it is none of the set's.
      if answer.object.setHash == subject.setHash { markOthers(than: subject, live.put(answer.object)) }
      live.settle(answer.object, answer.comparison)
    }
    for object in compared where manifest[object.identity.unversioned] == nil { live.settle(object, .same) }
    return true
  }
}
