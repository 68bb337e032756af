import Document
import Fleet
import Store
import Wire

/// What the agent says, and what becomes of it in the store.
extension DeliverySession {
  func statusHash() async throws -> [UInt8] {
    let page = try await objects.store.list(kind: StoredKind.deploymentStatuses, namespace: namespace)
    return DeliveryHash.statuses(refusals.hashes(of: page.objects))
  }

  func commit(_ statuses: [DeploymentStatus]) async throws {
    var writes: [Write] = []
    var ready: [DeploymentStatus] = []
    for status in statuses {
      if status.status.isEmpty {
        writes += refusals.report(status.id, [])
      } else if known.contains(status.id), let read = recentStatuses.status(status.status) {
        writes += refusals.report(status.id, status.status, read: read)
        if read.ready, read.nonModified { ready.append(status) }
      } else {
        trust.count(.foreignStatus)
        logger.debug(
          "a status of no deployment was dropped", metadata: ["cluster": "\(cluster)", "id": "\(status.id)"])
      }
    }
    if !writes.isEmpty { _ = try await objects.store.commit(writes) }
    let now = ContinuousClock.now
    for status in ready {
      if let time = clock.ready(status.id, version: status.version, at: now) { metrics.ready.observe(time) }
    }
  }

  /// A refusal is kept, and shown where the deployment's status is.
  func noteNack(_ code: StatusCode, _ message: String, _ items: [NackItem]) async throws {
    let now = objects.now()
    ledger.refused(items, message: message, at: now)
    var writes: [Write] = []
    for item in items {
      let text = "the agent refused this version: \(item.message.isEmpty ? message : item.message)"
      logger.warning(
        "an agent refused a version",
        metadata: ["cluster": "\(cluster)", "deployment": "\(item.id)", "code": "\(code)", "error": "\(text)"])
      let key = ObjectKey(kind: StoredKind.deploymentStatuses, namespace: namespace, name: item.id)
      let stored = try await objects.store.get(key)
      writes += refusals.refuse(item.id, version: item.version, message: text, at: now, stored: stored?.body)
    }
    if !writes.isEmpty { _ = try await objects.store.commit(writes) }
  }

  func noteHello(_ hello: Hello) async throws {
    self.hello = hello
    logger.info(
      "agent connected",
      metadata: [
        "cluster": "\(cluster)", "agent": "\(hello.agentVersion)", "kubernetes": "\(hello.kubernetesVersion)",
      ])
    await noteBoot(hello.bootId)
    let now = objects.now()
    let peer = channel.peer.base64URL
    let cluster = try await objects.mutate(key) {
      $0.set(.string(peer), at: "status", "agent", "publicKey")
      if !hello.agentVersion.isEmpty { $0.set(.string(hello.agentVersion), at: "status", "agent", "version") }
      // That it is there again is known without a write.
      let isFirst = $0.at("status", "agent", "lastSeen") == nil
      AgentConnection.note(true, seen: isFirst ? now : nil, in: &$0, at: now)
      if !hello.agentNamespace.isEmpty { $0.set(.string(hello.agentNamespace), at: "status", "agent", "namespace") }
    }
    showsHeld = !RemovalGuard.notes(in: cluster?["status"]).isEmpty
    if let cluster, RemovalGuard.isConfirmed(cluster) { take(.removalsConfirmed) }
    let revision = await objects.store.currentRevision().value
    if !lineage.contains(hello.lineage, revision: hello.lastRevision, now: revision) { take(.storeIsAnother) }
  }

  /// Shows what is held back, or that nothing is any more; a confirmation has then done its work.
  func noteHeld(_ ids: [String], of count: Int) async throws {
    guard !ids.isEmpty || showsHeld else { return }
    showsHeld = !ids.isEmpty
    if showsHeld {
      logger.warning(
        "removals are held back until somebody confirms them",
        metadata: ["cluster": "\(cluster)", "deployments": "\(ids.count)", "of": "\(count)"])
    }
    let now = objects.now()
    try await objects.mutate(key) {
      RemovalGuard.note(ids, of: count, in: &$0, at: now)
      if ids.isEmpty { $0.set(nil, at: "metadata", "annotations", RemovalGuard.annotation) }
    }
  }

  private var key: ObjectKey {
    ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
  }

  /// Says that the agent is still there (fleet-behaviour §6.5); its connection is watched by the bus.
  func checkIn() async {
    guard !isOver else { return }
    do {
      try await noteSeen()
    } catch {
      logger.warning(
        "an agent's sign of life cannot be noted", metadata: ["cluster": "\(cluster)", "error": "\(error)"])
    }
  }

  func noteSeen() async throws {
    let now = objects.now()
    try await objects.mutate(key) { $0.set(.string(now.description), at: "status", "agent", "lastSeen") }
  }
}
