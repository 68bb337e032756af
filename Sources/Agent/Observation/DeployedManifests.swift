import Document
import Fleet
import HelmEngine

/// What releases were deployed as, for comparisons: from Helm's own records, the last few kept in memory.
actor DeployedManifests {
  private struct Key: Hashable {
    let release: ReleaseIdentity
    let revision: Int
  }

  private struct Kept {
    let objects: [ObjectIdentity: Value]
    let bytes: Int
    var lastUse: UInt64
  }

  private let cluster: any ClusterAPI
  private let capacity: Int
  private var kept: [Key: Kept] = [:]
  private var uses: UInt64 = 0

  init(cluster: any ClusterAPI, capacity: Int = AgentLimits.manifestCacheBytes) {
    self.cluster = cluster
    self.capacity = capacity
  }

  /// The objects of a release's revision by their unversioned identities; nil when Helm has no record of it, nor of another
  /// revision that holds the same version.
  ///
  /// - Throws: `DeploymentFailure` when the cluster does not answer, `AgentError` when the record cannot be read.
  func objects(of applied: AppliedRelease) async throws -> [ObjectIdentity: Value]? {
    let key = Key(release: applied.release, revision: applied.revision)
    uses += 1
    if let found = kept[key] {
      kept[key]?.lastUse = uses
      return found.objects
    }
    let records = try await HelmRecord.all(of: applied.release, in: cluster)
    let record =
      records.first { $0.revision == applied.revision }
      ?? records.last { $0.deploymentID == applied.deploymentID && $0.status == "deployed" }
    guard let record else { return nil }
    let kinds = try await cluster.kinds(refreshed: false)
    let objects = try ManifestObjects.parse(record.manifest, file: "release \(applied.text)")
    return keep(objects, of: applied, kinds: kinds)
  }

  /// Takes objects that have just been deployed, so that they need not be read.
  @discardableResult
  func keep(_ objects: [Value], of applied: AppliedRelease, kinds: ClusterKinds) -> [ObjectIdentity: Value] {
    var byIdentity: [ObjectIdentity: Value] = [:]
    for object in objects {
      let identity = kinds.complete(ObjectIdentity(of: object), releaseNamespace: applied.release.namespace)
      byIdentity[identity.unversioned] = object
    }
    uses += 1
    let bytes = objects.reduce(0) { $0 + Self.size(of: $1) }
    guard bytes <= capacity else { return byIdentity }
    kept[Key(release: applied.release, revision: applied.revision)] = Kept(
      objects: byIdentity, bytes: bytes, lastUse: uses)
    while kept.values.reduce(0, { $0 + $1.bytes }) > capacity,
      let oldest = kept.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      kept[oldest.key] = nil
    }
    return byIdentity
  }

  /// About how many bytes a tree takes in memory.
  private static func size(of value: Value) -> Int {
    switch value {
    case .string(let text): 16 + text.utf8.count
    case .array(let elements): elements.reduce(32) { $0 + size(of: $1) }
    case .object(let members): members.reduce(64) { $0 + 32 + $1.key.utf8.count + size(of: $1.value) }
    default: 16
    }
  }
}

extension HelmRecord {
  /// The records that Helm has of a release, the oldest first.
  static func all(of release: ReleaseIdentity, in cluster: any ClusterAPI) async throws -> [HelmRecord] {
    let secrets = try await cluster.objects(
      type, namespace: release.namespace, labels: ["owner": "helm", "name": release.name])
    return try secrets.objects.compactMap { try HelmRecord($0) }.sorted { $0.revision < $1.revision }
  }
}
