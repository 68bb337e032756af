import Document
import Fleet
import Logging

extension ClusterObserver {
  func startWatch(_ type: ObjectType, in group: inout DiscardingTaskGroup) {
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
      if let described = describe(object) { mark(put(described, object)) }
    case .removed(let namespace, let name, let uid):
      answered(type)
      let identity = ObjectIdentity(apiVersion: type.apiVersion, kind: type.kind, namespace: namespace, name: name)
      candidates[identity.unversioned] = nil
      mark(live.remove(identity, uid: uid))
    case .synced:
      synced.insert(type)
      answered(type)
    case .unserved:
      synced.insert(type)
      answered(type)
      mark(live.forget(type))
    case .interrupted(let reason):
      synced.remove(type)
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
    for (id, entry) in watched where entry.isPostponed && entry.subject.types.isDisjoint(with: interrupted) {
      watched[id]?.isPostponed = false
      markDirty(id)
    }
    clusterIsBack()
  }

  /// What is remembered of an object.
  func describe(_ object: Value) -> LiveObject? {
    let set = object.at("metadata", "labels", FleetLabels.objectSetHash)?.string ?? ""
    let ignored = setOwners[set].flatMap { watched[$0]?.subject.ignoredConditions } ?? []
    return LiveObject(object, setHash: set, ignoredConditions: ignored)
  }

  /// Takes in an object, and keeps it itself for as long as it waits to be compared.
  func put(_ described: LiveObject, _ object: Value) -> Set<String> {
    let changed = live.put(described)
    let key = described.identity.unversioned
    // A list may bring an older state than a watch has told already.
    let isOurs = setOwners[described.setHash] != nil || expectedSets.contains(described.setHash)
    guard isOurs, live.isDue(described) else { return changed }
    candidates[key] = candidates.count < AgentLimits.pendingComparisons ? object : Value?.none
    return changed
  }

  /// Gathers changes for a moment, then tells of the releases they concern.
  func mark(_ sets: Set<String>) {
    for set in sets {
      if let id = setOwners[set] { markDirty(id) }
    }
  }

  private func markDirty(_ id: String) {
    guard watched[id]?.isDirty == false else { return }
    watched[id]?.isDirty = true
    enqueue.yield(.conclude(id: id, after: AgentLimits.observationDebounce))
  }

  /// Reads all kinds that are watched, once each, and takes in what the watches did not tell.
  func relist() async {
    for set in setOwners.keys where live.compareAgain(set, onlyUnknown: true) { mark([set]) }
    for type in watches.keys.sorted(by: { ($0.apiVersion, $0.kind) < ($1.apiVersion, $1.kind) }) {
      guard !Task.isCancelled else { return }
      do {
        let list = try await cluster.objects(type, having: FleetLabels.objectSetHash)
        guard watches[type] != nil else { continue }
        takeIn(list, of: type)
      } catch {
        logger.debug("a resync was put off", metadata: ["kind": "\(type.kind)", "error": "\(error)"])
      }
    }
  }

  private func takeIn(_ list: LabelledObjects, of type: ObjectType) {
    var listed: [String: [LiveObject]] = [:]
    var changed: Set<String> = []
    for object in list.objects {
      guard let described = describe(object) else { continue }
      listed[described.setHash, default: []].append(described)
      changed.formUnion(put(described, object))
    }
    for set in setOwners.keys {
      changed.formUnion(live.replace(type, of: set, with: listed[set] ?? [], at: list.resourceVersion))
    }
    guard !changed.isEmpty else { return }
    logger.debug("a resync found what no event told", metadata: ["kind": "\(type.kind)"])
    mark(changed)
  }
}
