import Document
import Fleet
import Store

/// Makes the writes that bring the BundleDeployments of one bundle to what targeting says (fleet-behaviour §3.3, §3.6).
///
/// Options and their blob are made once for all clusters that get the same ones.
struct DeploymentWriter {
  let store: any Store
  let cache: PayloadCache
  let bundle: Bundle
  let content: StoredContent
  let builds: KustomizeBuilds
  let now: Timestamp
  private var planner: DeploymentPlanner
  private var payloads: [PayloadKey: String] = [:]
  private var contents: [ObjectIdentifier: Result<StoredContent, any Error>] = [:]
  private var copies: [ObjectIdentifier: Result<[DownstreamCopy], any Error>] = [:]

  private struct PayloadKey: Hashable {
    var version: ObjectIdentifier
    var paused: Bool
    var inUse: String?
  }

  init(
    store: any Store, cache: PayloadCache, bundle: Bundle, content: StoredContent, builds: KustomizeBuilds,
    engine: (any ValueTemplateEngine)?, now: Timestamp
  ) {
    self.store = store
    self.cache = cache
    self.bundle = bundle
    self.content = content
    self.builds = builds
    self.now = now
    planner = DeploymentPlanner(spec: bundle.spec, manifestID: content.id, engine: engine)
  }

  /// A cluster and what it has of the bundle.
  struct Candidate {
    var cluster: KnownCluster
    var existing: KnownDeployment?
    /// What its agent said last.
    var health: DeploymentHealth
    /// Another bundle of this name that the cluster has already.
    var occupant: ObjectName?
  }

  /// What becomes of one deployment. Not encoded before it is committed: of many, the first are on their way while the last are
  /// still to be written.
  enum Change: Sendable {
    case put(DeploymentRecord, ObjectKey, if: Precondition)
    case delete(ObjectKey, if: Precondition)

    var write: Write {
      switch self {
      case .put(let record, let key, let precondition):
        .put(key, record.encoded(), if: precondition, reading: record)
      case .delete(let key, let precondition): .delete(key, if: precondition)
      }
    }
  }

  /// What bringing clusters nearer to what they should have takes.
  struct Outcome {
    /// What changes, one for each deployment. Payloads that it refers to are durable.
    var changes: [Change] = []
    /// The rollout that they are a step of; nil where no cluster is targeted.
    var rollout: RolloutPlan?
    /// Targeted clusters that have no deployment yet.
    var pending = 0
    /// Deployments that were made or changed before, whose newest version is not released yet.
    var held = 0
    /// Clusters for which no version could be made; their deployments say why.
    var failed = 0
    /// Why clusters that are targeted get nothing at all.
    var refused: [String] = []
  }

  // A class, because there are as many as clusters, and they are handed on from step to step.
  fileprivate final class Targeted {
    let candidate: Candidate
    let version: DeploymentVersion
    /// What the agent is sent: the bundle's files, or what kustomize made of them.
    let content: StoredContent
    /// What the agent copies beside it.
    let copies: [DownstreamCopy]
    let paused: Bool

    var target: TargetCluster { candidate.cluster.target }

    init(
      _ candidate: Candidate, version: DeploymentVersion, content: StoredContent, copies: [DownstreamCopy], paused: Bool
    ) {
      self.candidate = candidate
      self.version = version
      self.content = content
      self.copies = copies
      self.paused = paused
    }
  }

  /// One evaluation for all clusters that the bundle may go to: takes away what is not wanted, and makes, stages and
  /// releases what the rollout allows now (fleet-behaviour §4.3).
  mutating func evaluate(_ candidates: [Candidate], groups: [TargetGroup]) async throws -> Outcome {
    var outcome = Outcome()
    var targeted: [Targeted] = []
    var targets: [RolloutTarget] = []
    for candidate in candidates {
      switch await decide(candidate, groups: groups) {
      case .settled(let change): if let change { outcome.changes.append(change) }
      case .failed(let change):
        outcome.failed += 1
        if let change { outcome.changes.append(change) }
      case .refused(let reason): outcome.refused.append(reason)
      case .targeted(let entry):
        targeted.append(entry)
        targets.append(entry.rolloutTarget(groups: Targeting.groups(of: entry.target, among: groups)))
      }
    }
    guard !targeted.isEmpty else { return outcome }
    let plan = try Rollout.evaluate(bundle.spec.rolloutStrategy, targets: targets)
    outcome.rollout = plan
    let steps = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.target, $0) })
    for (index, entry) in targeted.enumerated() {
      guard entry.candidate.existing != nil || steps[index]?.create == true else {
        outcome.pending += 1
        continue
      }
      let record = try await advance(entry, step: steps[index])
      if record.current?.deploymentID != entry.version.deploymentID { outcome.held += 1 }
      if let change = put(record, over: entry.candidate.existing, cluster: entry.target) {
        outcome.changes.append(change)
      }
    }
    return outcome
  }

  /// What becomes of the deployment of one cluster that changed, where that needs no look at the others.
  enum Refreshed: Sendable {
    case done(Change?)
    case asTheRolloutDecides
  }

  /// Looks at one cluster that changed.
  mutating func refresh(_ candidate: Candidate, groups: [TargetGroup]) async throws -> Refreshed {
    switch await decide(candidate, groups: groups) {
    case .settled(let change), .failed(let change): return .done(change)
    case .refused: return .asTheRolloutDecides
    case .targeted(let entry):
      guard candidate.existing?.record.staged?.deploymentID == entry.version.deploymentID,
        candidate.existing?.record.current?.deploymentID == entry.version.deploymentID
      else { return .asTheRolloutDecides }
      return .done(put(try await advance(entry, step: nil), over: candidate.existing, cluster: entry.target))
    }
  }

  private enum Decision {
    case settled(Change?)
    case failed(Change?)
    case refused(String)
    case targeted(Targeted)
  }

  private mutating func decide(_ candidate: Candidate, groups: [TargetGroup]) async -> Decision {
    let cluster = candidate.cluster
    let target = cluster.target
    func removal() -> Decision {
      .settled(candidate.existing.map { Self.removal(of: $0, namespace: target.clusterNamespace) })
    }
    guard cluster.effectiveTarget != nil else { return removal() }
    switch await planner.plan(target, groups: Targeting.groups(of: target, among: groups)) {
    case .none: return removal()
    case _ where candidate.occupant != nil:
      return .refused(
        "cluster \(target.key) has a bundle \(bundle.metadata.name) of another namespace already"
          + " (\(candidate.occupant.map { "\($0)" } ?? "")); give one of them another name")
    case .failed(let error): return .failed(failure(error.description, candidate.existing, cluster: target))
    case .version(let version):
      do {
        let content = try await content(of: version, existing: candidate.existing?.record)
        return .targeted(
          Targeted(
            candidate, version: version, content: content, copies: try await copies(for: version),
            paused: bundle.spec.paused || target.paused))
      } catch {
        return .failed(failure("\(error)", candidate.existing, cluster: target))
      }
    }
  }

  /// What was deployed before stays, and the deployment says why there is nothing newer.
  private func failure(_ error: String, _ existing: KnownDeployment?, cluster: TargetCluster) -> Change? {
    put(record(existing, cluster: cluster) { $0.error = error }, over: existing, cluster: cluster)
  }

  /// What agents are sent of a version, made once for all clusters that get it. What a deployment of the same version has
  /// already is taken as it is: a restarted manager builds nothing again.
  private mutating func content(
    of version: DeploymentVersion, existing: DeploymentRecord?
  ) async throws -> StoredContent {
    guard content.hasKustomization else { return content }
    if let known = contents[ObjectIdentifier(version)] { return try known.get() }
    let same = [existing?.staged, existing?.current].compactMap(\.self).first {
      $0.deploymentID == version.deploymentID
    }
    let result: Result<StoredContent, any Error>
    if let same, let payload = try await cache.payload(same.payload) {
      result = .success(StoredContent(id: payload.manifestID, digest: same.content, hasKustomization: false))
    } else {
      do {
        result = .success(try await builds.content(of: content, options: version.options))
      } catch {
        result = .failure(error)
      }
    }
    kept.append(version)
    contents[ObjectIdentifier(version)] = result
    return try result.get()
  }

  /// What agents copy for a version, read once for all clusters that get it.
  private mutating func copies(for version: DeploymentVersion) async throws -> [DownstreamCopy] {
    guard !version.options.downstreamResources.isEmpty else { return [] }
    if let known = copies[ObjectIdentifier(version)] { return try known.get() }
    let result: Result<[DownstreamCopy], any Error>
    do {
      result = .success(
        try await DownstreamSources.copies(for: version.options, namespace: bundle.metadata.namespace, in: store))
    } catch {
      result = .failure(error)
    }
    kept.append(version)
    copies[ObjectIdentifier(version)] = result
    return try result.get()
  }

  /// The record after a step of the rollout. What changes without a new deployment id (drift options, the commit) goes through
  /// at once unless the deployment is paused.
  private mutating func advance(_ entry: Targeted, step: RolloutPlan.Step?) async throws -> DeploymentRecord {
    let old = entry.candidate.existing?.record
    var staged = old?.staged
    if step?.create == true || step?.stage == true || staged?.deploymentID == entry.version.deploymentID {
      staged = DeploymentRecord.Version(
        deploymentID: entry.version.deploymentID, content: entry.content.digest,
        payload: try await payload(of: entry, instead: old?.staged))
    }
    var current = old?.current
    if entry.paused {
      current = try await held(current)
    } else if step?.promote == true || current?.deploymentID == staged?.deploymentID {
      current = staged
    }
    return record(entry.candidate.existing, cluster: entry.target) {
      $0.staged = staged
      $0.current = current
      $0.paused = entry.paused
      $0.error = ""
    }
  }

  /// Takes a deployment away. What its agent reported stays until the agent says that it is gone.
  static func removal(of known: KnownDeployment, namespace: String) -> Change {
    .delete(known.record.key(deploymentNamespace: namespace), if: .revision(known.revision))
  }

  private func record(
    _ existing: KnownDeployment?, cluster: TargetCluster, _ change: (inout DeploymentRecord.Fields) -> Void
  ) -> DeploymentRecord {
    let old = existing?.record
    var fields =
      old?.fields
      ?? DeploymentRecord.Fields(
        uid: UUIDText.make(), created: now.description, generation: 0,
        bundle: ObjectName(namespace: bundle.metadata.namespace, name: bundle.metadata.name),
        cluster: ObjectName(namespace: cluster.namespace, name: cluster.name), current: nil, staged: nil,
        paused: false, error: "")
    change(&fields)
    if fields.staged?.deploymentID != old?.staged?.deploymentID { fields.stagedAt = now.description }
    if fields.current?.deploymentID != old?.current?.deploymentID { fields.releasedAt = now.description }
    // One that says the same is the same, and is not written.
    if let old, old.fields == fields { return old }
    fields.generation += 1
    return DeploymentRecord(fields)
  }

  private func put(_ record: DeploymentRecord, over existing: KnownDeployment?, cluster: TargetCluster) -> Change? {
    guard record != existing?.record else { return nil }
    let key = record.key(deploymentNamespace: cluster.clusterNamespace)
    return .put(record, key, if: existing.map { .revision($0.revision) } ?? .absent)
  }

  /// The blob of a version's payload, stored at most once per reconciliation however many clusters get it.
  ///
  /// A payload that differs from the one in use by the commit alone does not take its place: a commit that leaves a bundle
  /// as it was reaches no agent.
  private mutating func payload(
    of entry: Targeted, instead staged: DeploymentRecord.Version?
  ) async throws -> String {
    let version = entry.version
    let key = PayloadKey(
      version: ObjectIdentifier(version), paused: entry.paused,
      inUse: staged?.deploymentID == version.deploymentID ? staged?.payload : nil)
    if let digest = payloads[key] { return digest }
    let payload = DeploymentPayload(
      bundle: bundle, manifestID: entry.content.id, deploymentID: version.deploymentID, options: version.options,
      paused: entry.paused, copies: entry.copies)
    var digest = key.inUse
    if let inUse = key.inUse, try await cache.payload(inUse)?.isEquivalent(to: payload) != true { digest = nil }
    let result = if let digest { digest } else { try await store.putBlob(payload.encoded()).hex }
    kept.append(version)
    payloads[key] = result
    return result
  }

  /// Versions whose identity is a key must stay alive as long as the key.
  private var kept: [DeploymentVersion] = []

  /// What was released before, told to hold still.
  private func held(_ version: DeploymentRecord.Version?) async throws -> DeploymentRecord.Version? {
    guard var version, let digest = BlobDigest(hex: version.payload), let bytes = try await store.blob(digest) else {
      return nil
    }
    var payload = try DeploymentPayload(decoding: bytes)
    guard !payload.paused else { return version }
    payload.paused = true
    version.payload = try await store.putBlob(payload.encoded()).hex
    return version
  }
}

/// What an agent said last of a deployment, as far as a rollout looks at it.
struct DeploymentHealth: Hashable, Sendable {
  /// The version that is deployed; empty before the first report.
  var appliedID = ""
  /// Whether everything deployed is ready.
  var ready = false
}

extension DeploymentWriter.Targeted {
  fileprivate func rolloutTarget(groups: [TargetGroup]) -> RolloutTarget {
    RolloutTarget(
      cluster: target, groups: groups, newestID: version.deploymentID,
      existing: candidate.existing.map {
        RolloutTarget.Existing(
          stagedID: $0.record.staged?.deploymentID ?? "", deploymentID: $0.record.current?.deploymentID ?? "",
          appliedID: candidate.health.appliedID, ready: candidate.health.ready)
      }, paused: paused)
  }
}
