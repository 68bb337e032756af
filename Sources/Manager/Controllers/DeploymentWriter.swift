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
    store: any Store, cache: PayloadCache, bundle: Bundle, content: StoredContent, engine: (any ValueTemplateEngine)?, now: Timestamp
  ) {
    self.store = store
    self.cache = cache
    self.bundle = bundle
    self.content = content
    self.now = now
    planner = DeploymentPlanner(spec: bundle.spec, manifestID: content.id, engine: engine)
  }

  /// The writes for one cluster, none where it has what it should. Payloads that they refer to are durable on return.
  mutating func writes(
    for cluster: Cluster, groups: [TargetGroup], existing: KnownDeployment?
  ) async throws -> [Write] {
    let target = TargetCluster(cluster)
    guard cluster.clusterNamespace != nil, !cluster.metadata.isDeleting else {
      return existing.map { Self.removal(of: $0, namespace: target.clusterNamespace) } ?? []
    }
    let paused = bundle.spec.paused || cluster.spec.paused
    switch planner.plan(target, groups: Targeting.groups(of: target, among: groups)) {
    case .none:
      return existing.map { Self.removal(of: $0, namespace: target.clusterNamespace) } ?? []
    case .failed(let error):
      return put(record(existing, cluster: target) { $0.error = error.description }, over: existing, cluster: target)
    case .version(let version):
      let staged = DeploymentRecord.Version(
        deploymentID: version.deploymentID, content: content.digest,
        payload: try await payload(of: version, paused: paused, instead: existing?.record.staged))
      let held = paused ? try await held(existing?.record.current) : staged
      let new = record(existing, cluster: target) {
        $0.staged = staged
        $0.current = held
        $0.paused = paused
        $0.error = ""
      }
      return put(new, over: existing, cluster: target)
    }
  }

  /// The writes that take a deployment away, with what its agent reported.
  static func removal(of known: KnownDeployment, namespace: String) -> [Write] {
    let key = known.record.key(deploymentNamespace: namespace)
    return [.delete(key, if: .revision(known.revision)), .delete(key.status)]
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
