/// Builds values from libyaml's events, within limits.
struct YAMLComposer {
  /// How much a value holds: what an alias to it adds to the document.
  private struct Weight {
    var nodes = 1
    var bytes = 0
    var height = 0
  }

  private let events: YAMLEventReader
  private let limits: DocumentLimits
  private let duplicateKeys: YAML.DuplicateKeys
  private var anchors = [String: (value: Value, weight: Weight)]()
  /// Anchors whose value is being read; an alias to one would contain itself.
  private var open = Set<String>()
  private var nodes = 0
  private var aliasNodes = 0
  private var aliasBytes = 0

  init(_ events: YAMLEventReader, limits: DocumentLimits, duplicateKeys: YAML.DuplicateKeys) {
    self.events = events
    self.limits = limits
    self.duplicateKeys = duplicateKeys
  }

  mutating func documents() throws(DocumentError) -> [Value] {
    var documents = [Value]()
    var count = 0
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamEnd: return documents
      case .documentStart:
        count += 1
        if count > limits.documents { throw limit("more than \(limits.documents) documents", event.mark) }
        anchors.removeAll(keepingCapacity: true)
        let (value, _) = try compose(try events.next(), depth: 0)
        if !value.isNull { documents.append(value) }
      default: continue
      }
    }
  }

  private func limit(_ what: String, _ mark: YAMLMark) -> DocumentError {
    events.error(.limit, "the text holds \(what), which is the limit", at: mark)
  }

  private mutating func compose(_ event: YAMLEvent, depth: Int) throws(DocumentError) -> (Value, Weight) {
    nodes += 1
    if nodes > limits.nodes { throw limit("more than \(limits.nodes) values", event.mark) }
    if let anchor = event.anchor { open.insert(anchor) }
    let composed: (Value, Weight)
    switch event.kind {
    case .alias(let name): composed = try resolve(alias: name, at: event.mark, depth: depth)
    case .scalar(let scalar): composed = (try value(of: scalar, at: event.mark), Weight(bytes: scalar.text.utf8.count))
    case .sequenceStart: composed = try sequence(at: event.mark, depth: depth + 1)
    case .mappingStart: composed = try mapping(at: event.mark, depth: depth + 1)
    default: throw events.error(.syntax, "expected a value", at: event.mark)
    }
    if let anchor = event.anchor {
      open.remove(anchor)
      anchors[anchor] = composed
    }
    return composed
  }

  private mutating func resolve(
    alias name: String, at mark: YAMLMark, depth: Int
  ) throws(DocumentError) -> (Value, Weight) {
    if open.contains(name) {
      throw events.error(.unsupported, "the value of anchor &\(name) contains itself", at: mark)
    }
    guard let (value, weight) = anchors[name] else {
      throw events.error(.syntax, "*\(name) refers to no anchor; write &\(name) before the value it means", at: mark)
    }
    // No sum can overflow: each weight was itself within the limits when it was added up.
    nodes += weight.nodes - 1
    aliasNodes += weight.nodes
    aliasBytes += weight.bytes
    if nodes > limits.nodes { throw limit("more than \(limits.nodes) values", mark) }
    if aliasNodes > limits.aliasNodes { throw limit("aliases that repeat more than \(limits.aliasNodes) values", mark) }
    if aliasBytes > limits.aliasBytes { throw limit("aliases that repeat more than \(limits.aliasBytes) bytes", mark) }
    try check(depth: depth + weight.height, mark)
    return (value, weight)
  }

  private func check(depth: Int, _ mark: YAMLMark) throws(DocumentError) {
    if depth > limits.depth { throw limit("more than \(limits.depth) levels of nesting", mark) }
  }

  private func value(of scalar: YAMLScalar, at mark: YAMLMark) throws(DocumentError) -> Value {
    switch scalar.resolved() {
    case .null: return .null
    case .bool(let bool): return .bool(bool)
    case .integer(let integer): return .integer(integer)
    case .unsigned(let integer): return .number(Double(integer))
    case .float(let double):
      guard double.isFinite else {
        throw events.error(
          .unsupported, "\(scalar.text) is no number that JSON knows; quote it to make it text", at: mark)
      }
      return .canonical(double)
    case .string(let string): return .string(string)
    case .invalid(let message): throw events.error(.syntax, message, at: mark)
    }
  }

  private mutating func sequence(at mark: YAMLMark, depth: Int) throws(DocumentError) -> (Value, Weight) {
    try check(depth: depth, mark)
    var elements = [Value]()
    var weight = Weight(height: 1)
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { return (.array(elements), weight) }
      let (element, inner) = try compose(event, depth: depth)
      elements.append(element)
      add(inner, to: &weight)
    }
  }

  private func add(_ inner: Weight, to weight: inout Weight) {
    weight.nodes += inner.nodes
    weight.bytes += inner.bytes
    weight.height = max(weight.height, inner.height + 1)
  }

  private mutating func mapping(at mark: YAMLMark, depth: Int) throws(DocumentError) -> (Value, Weight) {
    try check(depth: depth, mark)
    var members = [String: Value]()
    /// Keys written in this mapping itself; nil while that is all of them.
    var written: Set<String>?
    var weight = Weight(height: 1)
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { return (.object(members), weight) }
      if case .scalar(let scalar) = event.kind, scalar.isMerge {
        let next = try events.next()
        let (source, inner) = try compose(next, depth: depth)
        if written == nil { written = Set(members.keys) }
        try merge(source, into: &members, at: next.mark)
        add(inner, to: &weight)
        continue
      }
      let key = try key(event, depth: depth)
      weight.bytes += key.utf8.count
      if duplicateKeys == .refused, members[key] != nil, written?.contains(key) ?? true {
        throw events.error(
          .duplicateKey, "key \"\(key)\" is already set in this mapping; remove one of the two", at: event.mark)
      }
      written?.insert(key)
      let (value, inner) = try compose(try events.next(), depth: depth)
      members[key] = value
      add(inner, to: &weight)
    }
  }

  /// go-yaml v2: what is merged replaces what came before it in the mapping; within a list of sources the first one wins.
  private func merge(
    _ source: Value, into members: inout [String: Value], at mark: YAMLMark
  ) throws(DocumentError) {
    let sources: [Value]
    if case .array(let list) = source { sources = list.reversed() } else { sources = [source] }
    for source in sources {
      guard case .object(let merged) = source else {
        throw events.error(
          .unsupported, "a merge key (<<) needs a mapping or a list of mappings, not \(source.typeName)", at: mark)
      }
      members.merge(merged) { _, new in new }
    }
  }

  private mutating func key(_ event: YAMLEvent, depth: Int) throws(DocumentError) -> String {
    let (value, _) = try compose(event, depth: depth)
    nodes -= 1
    if case .scalar(let scalar) = event.kind {
      switch scalar.resolved() {
      case .float(let double): return NumberText.key(double)
      case .unsigned: break
      default: if let key = Self.key(from: value) { return key }
      }
    } else if let key = Self.key(from: value) {
      return key
    }
    throw events.error(
      .unsupported, "a key must be text, an integer, a number or a boolean, not \(value.typeName); quote it",
      at: event.mark)
  }

  private static func key(from value: Value) -> String? {
    switch value {
    case .string(let string): string
    case .bool(let bool): bool ? "true" : "false"
    case .integer(let integer): String(integer)
    default: nil
    }
  }
}
