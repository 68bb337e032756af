import Document
import Store

/// What one cluster should have of one bundle: the compact row that is kept for each pair of them, with options and content
/// by digest. It is rendered as a BundleDeployment only when somebody reads one.
@dynamicMemberLookup
struct DeploymentRecord: Hashable, Sendable {
  /// One version of a deployment: which content with which options.
  struct Version: Hashable, Sendable {
    /// `manifestID:optionsHash`, fleet-behaviour §3.6.
    var deploymentID: String
    /// Digest of the blob that holds the gzipped manifest.
    var content: String
    /// Digest of the blob that holds the deployment's payload (options and what belongs to them).
    var payload: String
  }

  /// What a record says.
  struct Fields: Hashable, Sendable {
    /// The BundleDeployment's UID, the same for its whole life.
    var uid: String
    /// When it was made, RFC 3339.
    var created: String
    /// Counts changes of what is desired, from 1.
    var generation: Int64
    /// The Bundle it comes from.
    var bundle: ObjectName
    /// The Cluster it is for.
    var cluster: ObjectName
    /// What the agent shall deploy; nil until rollout releases a first version.
    var current: Version?
    /// What it shall deploy once rollout says so.
    var staged: Version?
    /// Changes are staged and not released.
    var paused: Bool
    /// Why no version could be made for this cluster; empty when all is well.
    var error: String
    /// When ``staged`` became this version, RFC 3339; empty where that was not noted.
    var stagedAt = ""
    /// When ``current`` became this version, RFC 3339; empty where that was not noted.
    var releasedAt = ""
  }

  private final class Storage: Sendable {
    let fields: Fields

    init(_ fields: Fields) { self.fields = fields }
  }

  // Shared by all copies, of which there are many: the catalog's, the summaries', and those of each evaluation of a bundle.
  private let storage: Storage

  init(_ fields: Fields) { storage = Storage(fields) }

  init(
    uid: String, created: String, generation: Int64, bundle: ObjectName, cluster: ObjectName, current: Version?,
    staged: Version?, paused: Bool, error: String, stagedAt: String = "", releasedAt: String = ""
  ) {
    self.init(
      Fields(
        uid: uid, created: created, generation: generation, bundle: bundle, cluster: cluster, current: current,
        staged: staged, paused: paused, error: error, stagedAt: stagedAt, releasedAt: releasedAt))
  }

  /// All that it says.
  var fields: Fields { storage.fields }

  subscript<Member>(dynamicMember path: KeyPath<Fields, Member>) -> Member { storage.fields[keyPath: path] }

  static func == (a: DeploymentRecord, b: DeploymentRecord) -> Bool {
    a.storage === b.storage || a.storage.fields == b.storage.fields
  }

  func hash(into hasher: inout Hasher) { hasher.combine(storage.fields) }

  /// The key of this record in the store; statuses have the same with their own kind.
  func key(deploymentNamespace: String) -> ObjectKey {
    ObjectKey(kind: StoredKind.bundleDeployments, namespace: deploymentNamespace, name: storage.fields.bundle.name)
  }
}

/// A namespaced name.
struct ObjectName: Hashable, Sendable, Comparable, CustomStringConvertible {
  var namespace: String
  var name: String

  var description: String { "\(namespace)/\(name)" }

  static func < (a: ObjectName, b: ObjectName) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
}

extension DeploymentRecord {
  /// The record as stored.
  func encoded() -> [UInt8] {
    let fields = fields
    var object: [String: Value] = [
      "uid": .string(fields.uid), "created": .string(fields.created), "generation": .integer(fields.generation),
      "bundle": fields.bundle.value, "cluster": fields.cluster.value,
    ]
    if let current = fields.current { object["current"] = current.value }
    if let staged = fields.staged { object["staged"] = staged.value }
    if fields.paused { object["paused"] = true }
    if !fields.error.isEmpty { object["error"] = .string(fields.error) }
    if !fields.stagedAt.isEmpty { object["stagedAt"] = .string(fields.stagedAt) }
    if !fields.releasedAt.isEmpty { object["releasedAt"] = .string(fields.releasedAt) }
    return JSON.encode(.object(object))
  }

  /// Reads a stored record, once for all who see the same change of it; throws where it is not one.
  init(_ stored: StoredObject) throws {
    self = try stored.reading { try DeploymentRecord(decoding: $0.body, key: $0.key) }
  }

  /// Reads a stored record; throws where it is not one.
  init(decoding body: [UInt8], key: ObjectKey) throws {
    let value = try JSON.parse(body, file: "\(key)")
    guard let uid = value["uid"]?.string, let created = value["created"]?.string,
      let bundle = ObjectName(value["bundle"]), let cluster = ObjectName(value["cluster"])
    else {
      throw ManagerError(.invalid, "the stored record of BundleDeployment \(key.namespace)/\(key.name) lacks a field")
    }
    self.init(
      uid: uid, created: created, generation: value["generation"]?.integer ?? 1, bundle: bundle, cluster: cluster,
      current: Version(value["current"]), staged: Version(value["staged"]), paused: value["paused"]?.bool ?? false,
      error: value["error"]?.string ?? "", stagedAt: value["stagedAt"]?.string ?? "",
      releasedAt: value["releasedAt"]?.string ?? "")
  }
}

extension DeploymentRecord.Version {
  fileprivate var value: Value {
    ["id": .string(deploymentID), "content": .string(content), "payload": .string(payload)]
  }

  fileprivate init?(_ value: Value?) {
    guard let id = value?["id"]?.string, let content = value?["content"]?.string,
      let payload = value?["payload"]?.string
    else { return nil }
    self.init(deploymentID: id, content: content, payload: payload)
  }
}

extension ObjectName {
  fileprivate var value: Value { ["namespace": .string(namespace), "name": .string(name)] }

  fileprivate init?(_ value: Value?) {
    guard let namespace = value?["namespace"]?.string, let name = value?["name"]?.string else { return nil }
    self.init(namespace: namespace, name: name)
  }
}
