/// A kind with everything compiled that serving it needs.
struct ServedKind: Sendable {
  let kind: ResourceKind
  let storage: any ResourceStorage
  let rules: ObjectRules
  let table: TableRenderer
  let encodings: EventEncodings

  init(_ kind: ResourceKind, _ storage: any ResourceStorage) throws {
    self.kind = kind
    self.storage = storage
    self.rules = try ObjectRules(kind)
    self.table = try TableRenderer(kind)
    self.encodings = EventEncodings()
  }
}

/// All kinds of one server, by path.
struct Registry: Sendable {
  private struct Key: Hashable {
    let group: String
    let version: String
    let plural: String
  }

  /// In the order they were given, which is the order of discovery.
  let kinds: [ServedKind]
  private let index: [Key: Int]

  init(_ kinds: [(ResourceKind, any ResourceStorage)]) throws {
    var index: [Key: Int] = [:]
    self.kinds = try kinds.map { try ServedKind($0.0, $0.1) }
    for (position, entry) in kinds.enumerated() {
      let key = Key(group: entry.0.group, version: entry.0.version, plural: entry.0.plural)
      guard index.updateValue(position, forKey: key) == nil else {
        throw KubeError.internalError("\(entry.0.groupResource) \(entry.0.version) is given twice")
      }
    }
    self.index = index
  }

  func find(group: String, version: String, plural: String) -> ServedKind? {
    index[Key(group: group, version: version, plural: plural)].map { kinds[$0] }
  }

  /// The served Namespace kind.
  var namespaces: ServedKind? { find(group: "", version: "v1", plural: "namespaces") }

  /// Groups but core, in order of first appearance.
  var groups: [String] {
    var seen: Set<String> = []
    return kinds.map(\.kind.group).filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  /// Versions of a group, in order of first appearance; the first is preferred.
  func versions(of group: String) -> [String] {
    var seen: Set<String> = []
    return kinds.filter { $0.kind.group == group }.map(\.kind.version).filter { seen.insert($0).inserted }
  }

  /// Kinds of a group version.
  func kinds(group: String, version: String) -> [ServedKind] {
    kinds.filter { $0.kind.group == group && $0.kind.version == version }
  }
}
