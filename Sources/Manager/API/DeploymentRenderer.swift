import Document
import Fleet
import Store

/// Makes the BundleDeployment document that people read from what is kept of it. Helm values are not shown: they may hold
/// secrets (fleet-behaviour §1.4).
struct DeploymentRenderer: Sendable {
  let store: any Store
  let payloads: PayloadCache

  /// The document of a key and its parts as they are now; nil where there is none.
  func current(_ key: ObjectKey) async throws -> (object: Value, record: DeploymentRecord)? {
    guard let stored = try await store.get(key) else { return nil }
    let status = try await store.get(key.status)
    let revision = max(stored.revision, status?.revision ?? stored.revision)
    return (
      try await render(stored, status: status, revision: revision),
      try DeploymentRecord(stored)
    )
  }

  /// The document of a record with a status, as of a revision.
  func render(_ stored: StoredObject, status: StoredObject?, revision: Revision) async throws -> Value {
    let record = try DeploymentRecord(stored)
    let staged = try await payload(record.staged)
    let current = record.current == record.staged ? staged : try await payload(record.current)
    var spec = BundleDeploymentSpec()
    spec.paused = record.paused
    spec.deploymentID = record.current?.deploymentID ?? ""
    spec.stagedDeploymentID = record.staged?.deploymentID ?? ""
    spec.options = current?.options.withoutValues ?? BundleDeploymentOptions()
    spec.stagedOptions = staged?.options.withoutValues ?? BundleDeploymentOptions()
    spec.dependsOn = (staged ?? current)?.dependsOn ?? []
    spec.correctDrift = current?.options.correctDrift
    var metadata = ObjectMeta(name: stored.key.name, namespace: stored.key.namespace)
    metadata.uid = record.uid
    metadata.resourceVersion = String(revision.value)
    metadata.generation = record.generation
    metadata.creationTimestamp = Timestamp(record.created)
    metadata.labels = (staged ?? current)?.labels ?? [:]
    if let commit = (staged ?? current)?.commit, !commit.isEmpty { metadata.labels[FleetLabels.commit] = commit }
    metadata.labels[FleetLabels.bundleName] = Names.labelValue(record.bundle.name)
    metadata.labels[FleetLabels.bundleNamespace] = record.bundle.namespace
    metadata.labels[FleetLabels.managed] = "true"
    metadata.labels[FleetLabels.cluster] = Names.labelValue(record.cluster.name)
    metadata.labels[FleetLabels.clusterNamespace] = record.cluster.namespace
    if let version = record.staged ?? record.current {
      metadata.labels[FleetLabels.contentName] = DeploymentID.manifestID(of: version.deploymentID)
    }
    return BundleDeployment(
      metadata: metadata, spec: spec, status: DeploymentView.status(of: record, reported: status)
    ).value
  }

  private func payload(_ version: DeploymentRecord.Version?) async throws -> DeploymentPayload? {
    guard let version else { return nil }
    return try await payloads.payload(version.payload)
  }
}

/// Options by digest; the same few are read for all clusters of a bundle.
actor PayloadCache {
  private let store: any Store
  private var recent: [String: DeploymentPayload] = [:]
  private var order: [String] = []

  init(store: any Store) { self.store = store }

  /// The payload of a digest, nil where it has been collected.
  func payload(_ digest: String) async throws -> DeploymentPayload? {
    if let hit = recent[digest] { return hit }
    guard let name = BlobDigest(hex: digest), let bytes = try await store.blob(name) else { return nil }
    let payload = try DeploymentPayload(decoding: bytes)
    if recent.updateValue(payload, forKey: digest) == nil { order.append(digest) }
    if order.count > Limits.recentPayloads { recent[order.removeFirst()] = nil }
    return payload
  }
}

extension BundleDeploymentOptions {
  /// The options as anybody may see them.
  fileprivate var withoutValues: BundleDeploymentOptions {
    var options = self
    options.helm?.values = .null
    options.helm?.templateValues = [:]
    return options
  }
}
