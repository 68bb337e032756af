import Document
import Fleet
import HelmEngine

/// What the agent durably knows of one deployment: which releases are its own, what stands, and what was reported.
struct DeploymentRecord: Sendable, Hashable {
  /// The deployment's id.
  let id: String
  /// The releases that may be there because of this deployment; noted before the first is installed.
  var releases: [ReleaseIdentity] = []
  /// Whether Secrets or ConfigMaps may have been copied beside the releases; noted before the first is.
  var hasCopied = false
  /// What was installed last; nil before the first success.
  var applied: AppliedRelease?
  /// The deployment is gone from the cluster, and the manager has not yet said that it knows.
  var isGone = false
  /// The version that ``status`` speaks of.
  var statusVersion = ""
  /// The last status, as JSON; empty before the first.
  var status: [UInt8] = []
  /// The hash of the last status that the manager has committed; empty before the first.
  var acknowledged = ""

  init(id: String) { self.id = id }

  init?(_ value: Value) {
    guard let id = value["id"]?.string, let releases = value["releases"]?.array else { return nil }
    self.id = id
    for release in releases {
      guard let identity = ReleaseIdentity(record: release) else { return nil }
      self.releases.append(identity)
    }
    if let applied = value["applied"] {
      guard let applied = AppliedRelease(applied) else { return nil }
      self.applied = applied
    }
    hasCopied = value["hasCopied"]?.bool ?? false
    isGone = value["isGone"]?.bool ?? false
    statusVersion = value["statusVersion"]?.string ?? ""
    status = Array((value["status"]?.string ?? "").utf8)
    acknowledged = value["acknowledged"]?.string ?? ""
  }

  var value: Value {
    var value: Value = ["id": .string(id), "releases": .array(releases.map(\.recordValue))]
    value["applied"] = applied?.value
    if hasCopied { value["hasCopied"] = true }
    if isGone { value["isGone"] = true }
    if !status.isEmpty {
      value["statusVersion"] = .string(statusVersion)
      value["status"] = .string(String(decoding: status, as: UTF8.self))
    }
    if !acknowledged.isEmpty { value["acknowledged"] = .string(acknowledged) }
    return value
  }
}

/// A version of a deployment that stands in the cluster.
struct AppliedRelease: Sendable, Hashable {
  /// The id of the version (fleet-behaviour §3.6).
  var deploymentID: String
  /// The release.
  var release: ReleaseIdentity
  /// Helm's revision of the release.
  var revision: Int
  /// Whether the objects stay when the deployment goes.
  var keepsResources: Bool
  /// Whether the release's namespace goes with it.
  var deletesNamespace = false
  /// The hash of what was copied beside the release; empty for nothing.
  var copies: String
  /// The objects of the release, without hooks, in the order of their installation.
  var objects: [ObjectIdentity]
  /// Objects of the release's revision before this one that are none of ``objects``: those that are there still are left over.
  var previous: [ObjectIdentity] = []
  /// Another version's installation began after this one's, and is not known to have succeeded: what stands may be half of
  /// that. Noted before it begins.
  var isDisturbed = false

  init(
    deploymentID: String, release: ReleaseIdentity, revision: Int, keepsResources: Bool = false, copies: String = "",
    objects: [ObjectIdentity] = [], previous: [ObjectIdentity] = []
  ) {
    self.deploymentID = deploymentID
    self.release = release
    self.revision = revision
    self.keepsResources = keepsResources
    self.copies = copies
    self.objects = objects
    let own = Set(objects.map(\.unversioned))
    self.previous = previous.filter { !own.contains($0.unversioned) }
  }

  init?(_ value: Value) {
    guard let deploymentID = value["deploymentID"]?.string,
      let release = value["release"].flatMap(ReleaseIdentity.init(record:)),
      let revision = value["revision"]?.int, let objects = value["objects"]?.array
    else { return nil }
    self.init(
      deploymentID: deploymentID, release: release, revision: revision,
      keepsResources: value["keepsResources"]?.bool ?? false, copies: value["copies"]?.string ?? "")
    isDisturbed = value["isDisturbed"]?.bool ?? false
    deletesNamespace = value["deletesNamespace"]?.bool ?? false
    for object in objects {
      guard let identity = ObjectIdentity(record: object) else { return nil }
      self.objects.append(identity)
    }
    for object in value["previous"]?.array ?? [] {
      guard let identity = ObjectIdentity(record: object) else { return nil }
      previous.append(identity)
    }
  }

  var value: Value {
    var value: Value = [
      "deploymentID": .string(deploymentID), "release": release.recordValue, "revision": .integer(Int64(revision)),
      "objects": .array(objects.map(\.recordValue)),
    ]
    if keepsResources { value["keepsResources"] = true }
    if isDisturbed { value["isDisturbed"] = true }
    if deletesNamespace { value["deletesNamespace"] = true }
    if !copies.isEmpty { value["copies"] = .string(copies) }
    if !previous.isEmpty { value["previous"] = .array(previous.map(\.recordValue)) }
    return value
  }

  /// `namespace/name:revision`, as a status shows it.
  var text: String { "\(release.namespace)/\(release.name):\(revision)" }
}

extension ReleaseIdentity {
  init?(record value: Value) {
    guard let name = value["name"]?.string, let namespace = value["namespace"]?.string else { return nil }
    self.init(name: name, namespace: namespace)
  }

  var recordValue: Value { ["name": .string(name), "namespace": .string(namespace)] }
}
