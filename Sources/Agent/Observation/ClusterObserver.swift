import Document
import Fleet
import Logging

/// Watches the live objects of what is deployed, and nothing else: one watch per kind, of objects with the set's label.
///
/// What it learns of one release is gathered for a moment and then told as a whole. Everything that it remembers of an
/// object is its place in a status, so a thousand objects cost little.
actor ClusterObserver {
  /// What is told of one deployment.
  enum Finding: Sendable {
    /// What its objects look like.
    case observed(BundleDeploymentStatus.Observation)
    /// They could not be looked at; it is tried again.
    case failed(String)
  }

  /// A release whose objects are watched.
  struct Subject: Sendable {
    /// The deployment.
    var id: String
    /// Which of its releases; findings name it, so that one of an older release is not taken for one of this.
    var release: String
    /// The label's value on its objects.
    var setHash: String
    /// The objects that were deployed.
    var objects: [ObjectIdentity]
    /// Conditions that do not count for readiness.
    var ignoredConditions: [[String: String]]
  }

  private enum Work: Sendable {
    case watch(ObjectType)
    case look(id: String, after: Duration)
    case flush(after: Duration)
  }

  private enum Watch {
    /// Asked for; its task is not made yet.
    case starting
    case running(Task<Void, Never>)
  }

  private let cluster: any ClusterAPI
  private let logger: Logger
  private let tell: @Sendable (Subject, Finding) -> Void
  private let clusterIsBack: @Sendable () -> Void
  private let work: AsyncStream<Work>
  private let enqueue: AsyncStream<Work>.Continuation

  private var live = LiveObjects()
  private var subjects: [String: Subject] = [:]
  private var setOwners: [String: String] = [:]
  private var watches: [ObjectType: Watch] = [:]
  private var interrupted: Set<ObjectType> = []
  private var dirty: Set<String> = []
  /// Deployments that will be looked at again after a pause.
  private var expected: Set<String> = []

  /// - Parameters:
  ///   - tell: called with every finding, in order for one deployment.
  ///   - clusterIsBack: called when the API server answers again after it did not.
  init(
    cluster: any ClusterAPI, logger: Logger, tell: @escaping @Sendable (Subject, Finding) -> Void,
    clusterIsBack: @escaping @Sendable () -> Void
  ) {
    self.cluster = cluster
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
        case .look(let id, let pause):
          group.addTask {
            if pause > .zero { try? await Task.sleep(for: pause) }
            if !Task.isCancelled { await self.look(id) }
          }
        case .flush(let pause):
          group.addTask {
            try? await Task.sleep(for: pause)
            await self.flush()
          }
        }
      }
      group.cancelAll()
    }
  }

  /// Watches a release from now on, and looks at it at once. Replaces what was said of the same deployment before.
  func observe(_ subject: Subject) {
    if let old = subjects[subject.id], old.setHash != subject.setHash { setOwners[old.setHash] = nil }
    subjects[subject.id] = subject
    setOwners[subject.setHash] = subject.id
    for type in Set(subject.objects.map(\.type)) where watches[type] == nil {
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
    guard let subject = subjects.removeValue(forKey: id) else { return }
    setOwners[subject.setHash] = nil
    let needed = Set(subjects.values.flatMap { $0.objects.map(\.type) })
    for type in Set(subject.objects.map(\.type)) where !needed.contains(type) {
      if case .running(let task)? = watches.removeValue(forKey: type) { task.cancel() }
      interrupted.remove(type)
      live.forget(type)
    }
  }

  /// Looks at every release again.
  func resync() {
    for id in subjects.keys { enqueue.yield(.look(id: id, after: .zero)) }
  }

  private func startWatch(_ type: ObjectType, in group: inout DiscardingTaskGroup) {
    guard case .starting? = watches[type] else { return }
    let task = Task {
      for await event in cluster.watch(type, label: FleetLabels.objectSetHash) { take(event, of: type) }
    }
    watches[type] = .running(task)
    group.addTask {
      await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }
    }
  }

  private func take(_ event: ClusterEvent, of type: ObjectType) {
    guard watches[type] != nil else { return }
    switch event {
    case .changed(let object):
      answered(type)
      if let described = describe(object) { mark(live.put(described)) }
    case .removed(let namespace, let name, let uid):
      answered(type)
      let identity = ObjectIdentity(apiVersion: type.apiVersion, kind: type.kind, namespace: namespace, name: name)
      mark(live.remove(identity, uid: uid))
    case .synced: answered(type)
    case .interrupted(let reason):
      let isFirst = interrupted.isEmpty
      guard interrupted.insert(type).inserted else { return }
      logger.log(
        level: isFirst ? .warning : .debug, "the cluster cannot be watched at present",
        metadata: ["kind": "\(type.kind)", "reason": "\(reason)"])
    }
  }

  private func answered(_ type: ObjectType) {
    guard interrupted.remove(type) != nil else { return }
    if interrupted.isEmpty { logger.info("the cluster is watched again") }
    clusterIsBack()
  }

  private func describe(_ object: Value) -> LiveObject? {
    let set = object.at("metadata", "labels", FleetLabels.objectSetHash)?.string ?? ""
    let ignored = setOwners[set].flatMap { subjects[$0]?.ignoredConditions } ?? []
    return LiveObject(object, setHash: set, ignoredConditions: ignored)
  }

  /// Gathers changes for a moment, then tells of the releases they concern.
  private func mark(_ sets: Set<String>) {
    let concerned = sets.filter { setOwners[$0] != nil }
    guard !concerned.isEmpty else { return }
    let isFirst = dirty.isEmpty
    dirty.formUnion(concerned)
    if isFirst { enqueue.yield(.flush(after: AgentLimits.observationDebounce)) }
  }

  private func flush() async {
    let sets = dirty
    dirty = []
    for set in sets {
      guard let id = setOwners[set], let subject = subjects[id] else { continue }
      await conclude(subject)
    }
  }

  /// Reads the release's objects from the API server: watches of new kinds may still be on their way, and those of known
  /// ones may be behind what was just deployed.
  private func look(_ id: String) async {
    expected.remove(id)
    guard let subject = subjects[id] else { return }
    do {
      for type in Set(subject.objects.map(\.type)) {
        let list = try await cluster.objects(
          type, namespace: nil, labels: [FleetLabels.objectSetHash: subject.setHash])
        guard subjects[id]?.setHash == subject.setHash else { return }
        _ = live.replace(
          type, of: subject.setHash, with: list.objects.compactMap(describe), at: list.resourceVersion)
      }
      if let current = subjects[id] { await conclude(current) }
    } catch {
      guard !Task.isCancelled, let current = subjects[id] else { return }
      tell(current, .failed(DeploymentFailure(error).message))
      lookAgain(id, after: .seconds(2))
    }
  }

  private func lookAgain(_ id: String, after pause: Duration) {
    if expected.insert(id).inserted { enqueue.yield(.look(id: id, after: pause)) }
  }

  private func conclude(_ subject: Subject) async {
    let labelled = live.objects(of: subject.setHash)
    let present = Set(labelled.map(\.identity.unversioned))
    var foreign: Set<ObjectIdentity> = []
    var appeared: [LiveObject] = []
    for identity in subject.objects where !present.contains(identity.unversioned) {
      guard let object = try? await cluster.object(identity) else { continue }
      // A watch of a new kind may be behind the object itself.
      if let described = describe(object), described.setHash == subject.setHash {
        appeared.append(described)
      } else {
        foreign.insert(identity)
      }
    }
    guard let current = subjects[subject.id], current.objects == subject.objects else { return }
    for object in appeared { _ = live.put(object) }
    let observation = BundleDeploymentStatus.Observation(
      deployed: subject.objects, labelled: live.objects(of: subject.setHash), foreign: foreign)
    tell(subject, .observed(observation))
    // An object that comes back without our label is seen by no watch of ours.
    if !observation.modified.isEmpty { lookAgain(subject.id, after: AgentLimits.missingInterval) }
  }
}
