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
  let now: Timestamp
  private var planner: DeploymentPlanner
  private var payloads: [PayloadKey: String] = [:]

  private struct PayloadKey: Hashable {
    var version: ObjectIdentifier
    var paused: Bool
    var inUse: String?
  }

  init(
    store: any Store, cache: PayloadCache, bundle: Bundle, content: StoredContent,
    engine: (any ValueTemplateEngine)?, now: Timestamp
  ) {
    self.store = store
    self.cache = cache
    self.bundle = bundle
    self.content = content
    self.now = now
    planner = DeploymentPlanner(spec: bundle.spec, manifestID: content.id, engine: engine)
  }

  /// A cluster and what it has of the bundle.
  struct Candidate {
    var cluster: Cluster
    var existing: KnownDeployment?
    /// What its agent said last.
    var health: DeploymentHealth
  }

  /// What bringing clusters nearer to what they should have takes.
  struct Outcome {
    /// The writes, those of one deployment together. Payloads that they refer to are durable.
    var writes: [[Write]] = []
    /// The rollout that they are a step of; nil where no cluster is targeted.
    var rollout: RolloutPlan?
    /// Targeted clusters that have no deployment yet.
    var pending = 0
    /// Deployments that were made or changed before, whose newest version is not released yet.
    var held = 0
  }

  fileprivate struct Targeted {
    var candidate: Candidate
    var target: TargetCluster
    var version: DeploymentVersion
    var paused: Bool
  }

  /// One evaluation for all clusters that the bundle may go to: takes away what is not wanted, and makes, stages and
  /// releases what the rollout allows now (fleet-behaviour §4.3).
  mutating func evaluate(_ candidates: [Candidate], groups: [TargetGroup]) async throws -> Outcome {
    var outcome = Outcome()
    var targeted: [Targeted] = []
    var targets: [RolloutTarget] = []
    for candidate in candidates {
      switch decide(candidate, groups: groups) {
      case .writes(let writes): if !writes.isEmpty { outcome.writes.append(writes) }
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
      let writes = put(record, over: entry.candidate.existing, cluster: entry.target)
      if !writes.isEmpty { outcome.writes.append(writes) }
    }
    return outcome
  }

  /// The writes for one cluster that changed, where they need no look at the others; nil where the rollout must decide.
  mutating func refresh(_ candidate: Candidate, groups: [TargetGroup]) async throws -> [Write]? {
    switch decide(candidate, groups: groups) {
    case .writes(let writes): return writes
    case .targeted(let entry):
      guard candidate.existing?.record.staged?.deploymentID == entry.version.deploymentID,
        candidate.existing?.record.current?.deploymentID == entry.version.deploymentID
      else { return nil }
      return put(try await advance(entry, step: nil), over: candidate.existing, cluster: entry.target)
    }
  }

  private enum Decision {
    case writes([Write])
    case targeted(Targeted)
  }

  private mutating func decide(_ candidate: Candidate, groups: [TargetGroup]) -> Decision {
    let cluster = candidate.cluster
    let target = TargetCluster(cluster)
    let removal = candidate.existing.map { Self.removal(of: $0, namespace: target.clusterNamespace) } ?? []
    guard cluster.clusterNamespace != nil, !cluster.metadata.isDeleting else { return .writes(removal) }
    switch planner.plan(target, groups: Targeting.groups(of: target, among: groups)) {
    case .none: return .writes(removal)
    case .failed(let error):
      let failed = record(candidate.existing, cluster: target) { $0.error = error.description }
      return .writes(put(failed, over: candidate.existing, cluster: target))
    case .version(let version):
      return .targeted(
        Targeted(
          candidate: candidate, target: target, version: version, paused: bundle.spec.paused || cluster.spec.paused))
    }
  }

  /// The record after a step of the rollout. What changes without a new deployment id (drift options, the commit) goes through
  /// at once unless the deployment is paused.
  private mutating func advance(_ entry: Targeted, step: RolloutPlan.Step?) async throws -> DeploymentRecord {
    let old = entry.candidate.existing?.record
    var staged = old?.staged
    if step?.create == true || step?.stage == true || staged?.deploymentID == entry.version.deploymentID {
      staged = DeploymentRecord.Version(
        deploymentID: entry.version.deploymentID, content: content.digest,
        payload: try await payload(of: entry.version, paused: entry.paused, instead: old?.staged))
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

  /// The writes that take a deployment away. What its agent reported stays until the agent says that it is gone.
  static func removal(of known: KnownDeployment, namespace: String) -> [Write] {
    [.delete(known.record.key(deploymentNamespace: namespace), if: .revision(known.revision))]
  }

  private func record(
    _ existing: KnownDeployment?, cluster: TargetCluster, _ change: (inout DeploymentRecord) -> Void
  ) -> DeploymentRecord {
    var record =
      existing?.record
      ?? DeploymentRecord(
        uid: UUIDText.make(), created: now.description, generation: 0,
        bundle: ObjectName(namespace: bundle.metadata.namespace, name: bundle.metadata.name),
        cluster: ObjectName(namespace: cluster.namespace, name: cluster.name), current: nil, staged: nil,
        paused: false, error: "")
    change(&record)
    if record != existing?.record { record.generation += 1 }
    return record
  }

  private func put(_ record: DeploymentRecord, over existing: KnownDeployment?, cluster: TargetCluster) -> [Write] {
    guard record != existing?.record else { return [] }
    let key = record.key(deploymentNamespace: cluster.clusterNamespace)
    return [.put(key, record.encoded(), if: existing.map { .revision($0.revision) } ?? .absent)]
  }

  /// The blob of a version's payload, stored at most once per reconciliation however many clusters get it.
  ///
  /// A payload that differs from the one in use by the commit alone does not take its place: a commit that leaves a bundle
  /// as it was reaches no agent.
  private mutating func payload(
    of version: DeploymentVersion, paused: Bool, instead staged: DeploymentRecord.Version?
  ) async throws -> String {
    let key = PayloadKey(
      version: ObjectIdentifier(version), paused: paused,
      inUse: staged?.deploymentID == version.deploymentID ? staged?.payload : nil)
    if let digest = payloads[key] { return digest }
    let payload = DeploymentPayload(
      bundle: bundle, manifestID: content.id, deploymentID: version.deploymentID, options: version.options,
      paused: paused)
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
