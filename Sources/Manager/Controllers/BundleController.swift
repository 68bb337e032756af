import Document
import Fleet
import Foundation
import Logging
import ServiceLifecycle
import Store

/// Turns Bundles into BundleDeployments: for each bundle and each cluster it targets, one durable record of what the cluster
/// shall have (fleet-behaviour §3). Agents' sessions learn of the records from the store's watch.
actor BundleController: Service {
  static let finalizer = "fleet.cattle.io/bundle-finalizer"

  private let objects: ObjectRepository
  private let logger: Logger
  private let templates: (any ValueTemplateEngine)?
  private let builds: KustomizeBuilds
  private let queue = WorkQueue<BundleWork>()
  private let payloads: PayloadCache
  private var catalog = Catalog()
  private var synced = false

  init(
    objects: ObjectRepository, builds: KustomizeBuilds, templates: (any ValueTemplateEngine)?, logger: Logger
  ) {
    self.objects = objects
    self.builds = builds
    payloads = PayloadCache(store: objects.store)
    self.templates = templates
    self.logger = logger
  }

  func run() async throws {
    let follower = StoreFollower(store: objects.store, kinds: Catalog.kinds, logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.bundleWorkers, reconcile: { try await self.reconcile($0) },
      change: { await self.apply($0) }, synced: { await self.didSync() })
  }

  /// The Cluster that an agent with this client id has registered as before.
  func cluster(clientID: String, namespace: String) async throws -> ObjectName? {
    if synced { return catalog.clientIDs[ObjectName(namespace: namespace, name: clientID)] }
    // Just after the start not everything is known here, and an agent must not become a second Cluster for that.
    let found = try await objects.list(kind: StoredKind.clusters, namespace: namespace)
      .first { $0.at("spec", "clientID")?.string == clientID }
    return found?.at("metadata", "name")?.string.map { ObjectName(namespace: namespace, name: $0) }
  }

  private func apply(_ changes: [ObjectChange]) async {
    for change in changes {
      let work = catalog.apply(change)
      // Before everything is known, a bundle would seem to target nothing of what it has deployed.
      guard synced else { continue }
      // Statuses come in numbers; a rollout that waits for them is evaluated now and then, not for each.
      let isStatus = change.key.kind == StoredKind.deploymentStatuses
      for item in work {
        if isStatus { await queue.add(item, after: pause(before: item.bundle)) } else { await queue.add(item) }
      }
    }
  }

  /// How long statuses are gathered before a rollout is evaluated, which looks at all of its clusters: longer where they change nothing
  /// but the numbers that the bundle shows.
  private func pause(before bundle: ObjectName) -> Duration {
    let clusters = catalog.deployments[bundle]?.count ?? 0
    let perCluster =
      catalog.waiting[bundle] == .forRelease ? Limits.rolloutPausePerCluster : Limits.rolloutNumbersPausePerCluster
    return min(Limits.rolloutDebounce + perCluster * clusters, Limits.rolloutDebounceMax)
  }

  private func didSync() async {
    synced = true
    for bundle in catalog.bundles.keys { await queue.add(BundleWork(bundle: bundle, cluster: nil)) }
    for bundle in catalog.deployments.keys where catalog.bundles[bundle] == nil {
      await queue.add(BundleWork(bundle: bundle, cluster: nil))
    }
  }

  private func reconcile(_ work: BundleWork) async throws -> Duration? {
    let known = catalog.bundles[work.bundle]
    let existing = catalog.deployments(of: work.bundle, on: work.cluster)
    guard let known, !known.bundle.metadata.isDeleting else {
      // Each deployment's end is seen in the watch and leads back here, until there is none left.
      try await commit(existing.map { DeploymentWriter.removal(of: $0.value, namespace: $0.key) })
      if known != nil, (catalog.deployments[work.bundle] ?? [:]).isEmpty { try await release(work.bundle) }
      return nil
    }
    try await adopt(work.bundle, bundle: known.bundle)
    guard known.error.isEmpty, let content = known.content else {
      // What cannot be read changes nothing that is deployed.
      try await settle(
        work.bundle, bundle: known.bundle, error: known.error.isEmpty ? "the bundle has no resources" : known.error)
      return nil
    }
    let bundle: Fleet.Bundle
    do {
      bundle = try complete(known.bundle)
    } catch {
      // A bundle and the Secret of its values change together, but are seen one after the other.
      if try await !isOutdated(work.bundle) {
        try await settle(work.bundle, bundle: known.bundle, error: "\(error)")
      }
      return nil
    }
    let groups = catalog.groups(for: work.bundle).map(TargetGroup.init)
    guard let name = work.cluster else {
      return try await rollOut(bundle, content: content, existing: existing, groups: groups)
    }
    guard let cluster = catalog.clusters[name] else {
      try await commit(existing.map { DeploymentWriter.removal(of: $0.value, namespace: $0.key) })
      return nil
    }
    var writer = writer(bundle, content: content)
    let candidate = catalog.candidate(cluster, existing[cluster.namespace], of: work.bundle)
    switch try await writer.refresh(candidate, groups: groups) {
    case .done(let change): if let change { try await commit([change]) }
    case .asTheRolloutDecides: await queue.add(BundleWork(bundle: work.bundle, cluster: nil))
    }
    return nil
  }

  /// Whether the store has a newer bundle, or newer values of it, than the catalog has seen.
  private func isOutdated(_ name: ObjectName) async throws -> Bool {
    let bundle = ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name)
    let secret = ObjectKey(kind: StoredKind.secrets, namespace: name.namespace, name: name.name)
    for key in [bundle, secret] {
      if try await objects.store.get(key)?.revision != catalog.revision(of: key) { return true }
    }
    return false
  }

  /// One evaluation of a bundle over all of its clusters; asks to be called again where there is more to make.
  private func rollOut(
    _ bundle: Fleet.Bundle, content: StoredContent, existing: [String: KnownDeployment], groups: [TargetGroup]
  ) async throws -> Duration? {
    var writer = writer(bundle, content: content)
    let name = ObjectName(namespace: bundle.metadata.namespace, name: bundle.metadata.name)
    let candidates = catalog.candidates(for: name, existing: existing)
    let outcome: DeploymentWriter.Outcome
    do {
      outcome = try await writer.evaluate(candidates, groups: groups)
    } catch let error as FleetError {
      try await settle(name, bundle: bundle, error: "rolloutStrategy: \(error)")
      return nil
    }
    let gone = Self.leftOver(existing, candidates)
    let removals = gone.map { DeploymentWriter.removal(of: $0.value, namespace: $0.key) }
    if !outcome.changes.isEmpty { try await noteContent(content) }
    // Set before the writes, so that no status that answers them is missed.
    let unavailable = outcome.rollout?.unavailable ?? 0
    catalog.setWaiting(name, outcome.pending + outcome.held > 0 ? .forRelease : unavailable > 0 ? .forNumbers : nil)
    try await commit(outcome.changes + removals)
    if let taken = outcome.refused.first {
      try await settle(name, bundle: bundle, error: taken, outcome: outcome)
    } else {
      try await settle(
        name, bundle: bundle, error: Self.unknownGroups(bundle, groups: groups), reason: Self.unknownGroup,
        outcome: outcome)
    }
    if outcome.rollout?.moreToCreate == true, !outcome.changes.isEmpty { return Limits.rolloutPause }
    // A tool that was missing, or a child that was killed, may be well the next time.
    return outcome.failed > 0 || !outcome.refused.isEmpty ? Limits.failedDeploymentRetry : nil
  }

  /// The bundle with its values, which may lie in a Secret.
  private func complete(_ bundle: Fleet.Bundle) throws -> Fleet.Bundle {
    guard !bundle.spec.valuesHash.isEmpty else { return bundle }
    let name = ObjectName(namespace: bundle.metadata.namespace, name: bundle.metadata.name)
    guard let values = catalog.values[name] else {
      throw ManagerError(
        .invalid,
        "the Secret \(name) that holds the bundle's Helm values (spec.valuesHash) does not exist; push a new commit, or set"
          + " forceSyncGeneration on the GitRepo")
    }
    return try values.restore(bundle)
  }

  nonisolated private func writer(_ bundle: Fleet.Bundle, content: StoredContent) -> sending DeploymentWriter {
    DeploymentWriter(
      store: objects.store, cache: payloads, bundle: bundle, content: content, builds: builds, engine: templates,
      now: objects.now())
  }

  /// What is deployed and belongs to no cluster that the bundle may go to.
  private static func leftOver(
    _ existing: [String: KnownDeployment], _ candidates: [DeploymentWriter.Candidate]
  ) -> [String: KnownDeployment] {
    guard candidates.count(where: { $0.existing != nil }) < existing.count else { return [:] }
    let namespaces = Set(candidates.map(\.cluster.namespace))
    return existing.filter { !namespaces.contains($0.key) }
  }

  /// Commits many deployments at a time.
  private func commit(_ changes: [DeploymentWriter.Change]) async throws {
    for start in stride(from: 0, to: changes.count, by: Limits.deploymentsPerCommit) {
      let batch = changes[start..<min(start + Limits.deploymentsPerCommit, changes.count)]
      try await commitBatch(batch.map(\.write))
    }
  }

  private func commitBatch(_ writes: [Write]) async throws {
    do {
      _ = try await objects.store.commit(writes)
    } catch let error as StoreError where [.conflict, .alreadyExists, .notFound].contains(error.code) {
      // The catalog has not yet seen a newer write; the retry will.
      throw ManagerError(.conflict, "the deployments changed meanwhile: \(error.message)")
    }
  }

  private func adopt(_ name: ObjectName, bundle: Fleet.Bundle) async throws {
    guard !bundle.metadata.finalizers.contains(Self.finalizer) else { return }
    try await objects.mutate(ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name)) {
      $0.addFinalizer(Self.finalizer)
    }
  }

  private func release(_ name: ObjectName) async throws {
    let secret = ObjectKey(kind: StoredKind.secrets, namespace: name.namespace, name: name.name)
    if catalog.values[name] != nil { try await objects.delete(secret) }
    try await objects.mutate(ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name)) {
      $0.removeFinalizer(Self.finalizer)
    }
  }

  /// The reason of a `Targeted` condition that is False because a target names a group that is not there.
  static let unknownGroup = "UnknownClusterGroup"

  /// Names the groups that targets ask for and nobody has made; `default` is nobody's mistake (fleet-behaviour §3.2).
  private static func unknownGroups(_ bundle: Fleet.Bundle, groups: [TargetGroup]) -> String {
    let known = Set(groups.map(\.name) + ["", "default"])
    let missing = Set(bundle.spec.targets.map(\.criteria.clusterGroup)).subtracting(known).sorted()
    guard !missing.isEmpty else { return "" }
    let names = missing.map { "\(bundle.metadata.namespace)/\($0)" }.joined(separator: ", ")
    return "targets name a ClusterGroup that does not exist: \(names); create it, or correct the targets"
  }

  /// Says on the Bundle which generation has reached its deployments, whether its clusters could be found, and how far the
  /// rollout is; the summaries put that into the Ready condition.
  private func settle(
    _ name: ObjectName, bundle: Fleet.Bundle, error: String, reason: String = "Error",
    outcome: DeploymentWriter.Outcome? = nil
  ) async throws {
    let now = objects.now()
    let generation = bundle.metadata.generation
    try await objects.mutate(ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name)) {
      var status = $0["status"] ?? [:]
      var conditions = Conditions(status["conditions"])
      conditions.set("Targeted", error.isEmpty, reason: error.isEmpty ? "" : reason, message: error, at: now)
      if let outcome {
        outcome.rollout?.write(to: &status)
        let waits = outcome.pending > 0 ? "Pending(\(outcome.pending)): the rollout waits for clusters before" : ""
        if waits.isEmpty {
          conditions.remove("RolledOut")
        } else {
          conditions.set("RolledOut", false, reason: "Pending", message: waits, at: now)
        }
      }
      status["conditions"] = conditions.value
      status["observedGeneration"] = .integer(generation)
      $0["status"] = status
    }
  }

  /// Makes the Content object of a manifest where there is none.
  private func noteContent(_ content: StoredContent) async throws {
    let key = ObjectKey(kind: StoredKind.contents, namespace: "", name: content.id)
    guard try await objects.store.get(key) == nil else { return }
    let object: Value = [
      "apiVersion": .string(fleetAPIVersion), "kind": "Content", "metadata": ["name": .string(content.id)],
      "content": content.value,
    ]
    _ = try await objects.createIfAbsent(object, kind: StoredKind.contents)
  }
}
