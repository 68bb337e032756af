import Document

/// One deployment as the manager wants it: ids and digests, the bytes lie in the blobs.
struct DesiredItem: Sendable, Hashable {
  /// The deployment's id.
  var id: String
  /// The manager's name for this version; opaque.
  var version: String
  /// The digest of the files' blob.
  var contentDigest: String
  /// The digest of the options' blob.
  var optionsDigest: String

  /// The blobs that the item needs.
  var digests: [String] { [contentDigest, optionsDigest] }
}

/// All that the manager wants on this cluster.
struct DesiredSet: Sendable, Equatable {
  /// The revision of the last complete set.
  var revision: UInt64 = 0
  /// The manager's history that the revision belongs to.
  var lineage = ""
  /// Releases of the agent's own that belong to no deployment were looked for once, and may be removed from then on.
  var isSwept = false
  /// The deployments by id.
  var items: [String: DesiredItem] = [:]

  /// The blobs that the set needs.
  var digests: Set<String> { Set(items.values.flatMap(\.digests)) }

  init() {}

  init?(_ value: Value) {
    guard let text = value["revision"]?.string, let revision = UInt64(text), let elements = value["items"]?.array else {
      return nil
    }
    self.revision = revision
    lineage = value["lineage"]?.string ?? ""
    isSwept = value["isSwept"]?.bool ?? false
    for element in elements {
      guard let id = element["id"]?.string, let version = element["version"]?.string,
        let content = element["content"]?.string, let options = element["options"]?.string
      else { return nil }
      items[id] = DesiredItem(id: id, version: version, contentDigest: content, optionsDigest: options)
    }
  }

  var value: Value {
    let elements = items.values.sorted { $0.id < $1.id }.map { item -> Value in
      [
        "id": .string(item.id), "version": .string(item.version), "content": .string(item.contentDigest),
        "options": .string(item.optionsDigest),
      ]
    }
    // As text: a revision may exceed what JSON's readers take for an integer.
    var value: Value = ["revision": .string(String(revision)), "items": .array(elements)]
    if !lineage.isEmpty { value["lineage"] = .string(lineage) }
    if isSwept { value["isSwept"] = true }
    return value
  }
}
