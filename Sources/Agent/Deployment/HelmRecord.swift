import Document
import Fleet

/// Helm's record of one revision of a release: a Secret, read and written here without Helm, which need not be loaded for it.
struct HelmRecord: Sendable {
  /// The kind that Helm keeps its records in.
  static let type = ObjectType(apiVersion: "v1", kind: "Secret")

  /// The Secret.
  let identity: ObjectIdentity
  /// Which revision.
  let revision: Int
  /// The revision's state, in Helm's words.
  let status: String
  /// What Helm wrote about it.
  let content: Value

  /// Reads a record; nil when the Secret is none.
  ///
  /// - Throws: `AgentError` with `content` where it cannot be decoded.
  init?(_ secret: Value) throws(AgentError) {
    let labels = secret.at("metadata", "labels")
    guard labels?["owner"] == "helm", let revision = labels?["version"]?.string.flatMap({ Int($0) }),
      let text = secret.at("data", "release")?.string
    else { return nil }
    var identity = ObjectIdentity(of: secret)
    identity.apiVersion = Self.type.apiVersion
    identity.kind = Self.type.kind
    self.identity = identity
    self.revision = revision
    status = Self.status(of: secret)
    content = try Self.decode(text, of: identity)
  }

  /// The version of the deployment that the revision holds, if it is one of ours.
  var deploymentID: String? { content.at("chart", "metadata", "annotations", ReleaseMarks.deploymentID)?.string }

  /// The service account that the revision was made as; empty where it was none.
  var serviceAccount: String {
    content.at("chart", "metadata", "annotations", ReleaseAnnotations.serviceAccount)?.string ?? ""
  }

  /// The state of the revision that a Secret is the record of, in Helm's words; it need not be one that can be read.
  static func status(of secret: Value) -> String { secret.at("metadata", "labels", "status")?.string ?? "" }

  /// The revision that a Secret is the record of; 0 where it does not say.
  static func revision(of secret: Value) -> Int {
    secret.at("metadata", "labels", "version")?.string.flatMap { Int($0) } ?? 0
  }

  /// The revision's objects, without hooks, as YAML.
  var manifest: String { content["manifest"]?.string ?? "" }

  /// Whether an operation ended half-way here, or is still going on.
  var isUnfinished: Bool { status.hasPrefix("pending-") || status == "uninstalling" }

  /// The merge patch for the Secret that makes this revision the one that is deployed.
  ///
  /// - Throws: `FleetError` where zlib has no memory left.
  func deployedPatch() throws -> Value {
    var content = content
    content.set("deployed", at: "info", "status")
    return [
      "metadata": ["labels": ["status": "deployed"]], "data": ["release": .string(try Self.encode(content))],
    ]
  }

  /// The merge patch for the Secret that takes objects out of the revision, so that Helm leaves them alone; nil when it holds none.
  ///
  /// - Throws: `FleetError` where the manifest is no YAML.
  func patch(without isTaken: (ObjectIdentity) -> Bool) throws -> Value? {
    let objects = try ManifestObjects.parse(manifest, file: identity.text)
    let kept = objects.filter { !isTaken(ObjectIdentity(of: $0)) }
    guard kept.count < objects.count else { return nil }
    var content = content
    content["manifest"] = .string(YAML.emit(kept))
    return ["data": ["release": .string(try Self.encode(content))]]
  }

  private static func encode(_ content: Value) throws -> String {
    Base64.encode(Array(Base64.encode(try Gzip.compress(JSON.encode(content))).utf8))
  }

  /// A Secret's base64 around Helm's own, around gzip (without which very old versions wrote) around JSON.
  private static func decode(_ text: String, of identity: ObjectIdentity) throws(AgentError) -> Value {
    guard let outer = Base64.decode(text), let inner = Base64.decode(String(decoding: outer, as: UTF8.self)) else {
      throw AgentError(.content, "Helm's record \(identity.text) is not base64")
    }
    do {
      let isCompressed = inner.starts(with: [0x1F, 0x8B, 0x08])
      let limit = AgentLimits.releaseRecordBytes
      let bytes = isCompressed ? try Gzip.decompress(inner, limit: limit) : inner
      return try JSON.parse(
        bytes, file: identity.text, limits: DocumentLimits(bytes: limit, depth: 200, nodes: .max))
    } catch {
      // The parser's words may repeat the record's, which holds Secrets.
      throw AgentError(.content, "Helm's record \(identity.text) cannot be read")
    }
  }
}
