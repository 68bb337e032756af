import Document

/// Brings the keys of a document to those of its schema, and finds what the schema does not know.
///
/// Fleet reads keys without regard to upper and lower case, so they are read here too, with a warning; a key in its own
/// spelling wins.
struct SchemaKeys {
  /// Something about one key that a user should know.
  struct Finding {
    let path: String
    let message: String
  }

  private(set) var findings: [Finding] = []

  /// The document with the schema's own keys, and what is odd about it, sorted by path.
  static func normalize(_ value: Value, schema: Value) -> (value: Value, findings: [Finding]) {
    var keys = SchemaKeys()
    let normalized = keys.walk(value, schema: schema, path: "")
    return (normalized, keys.findings.sorted { $0.path < $1.path })
  }

  private mutating func add(_ path: String, _ message: @autoclosure () -> String) {
    guard findings.count < Limits.warningsPerFile else { return }
    findings.append(Finding(path: path, message: message()))
  }

  private mutating func walk(_ value: Value, schema: Value, path: String) -> Value {
    if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true { return value }
    switch value {
    case .array(let elements):
      guard let items = schema["items"] else { return value }
      var result: [Value] = []
      result.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        result.append(walk(element, schema: items, path: "\(path)[\(index)]"))
      }
      return .array(result)
    case .object(let members):
      guard let properties = schema["properties"]?.object else { return value }
      return walk(members, properties: properties, path: path)
    default: return value
    }
  }

  private mutating func walk(_ members: [String: Value], properties: [String: Value], path: String) -> Value {
    var result: [String: Value] = [:]
    var byLoweredName: [String: String]?
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      let keyPath = path.isEmpty ? key : "\(path).\(key)"
      if let property = properties[key] {
        result[key] = walk(member, schema: property, path: keyPath)
        continue
      }
      let names = byLoweredName ?? Dictionary(properties.keys.map { ($0.lowercased(), $0) }) { first, _ in first }
      byLoweredName = names
      guard let known = names[key.lowercased()], let property = properties[known] else {
        result[key] = member
        add(keyPath, Self.unknown(key, path: keyPath, known: properties.keys))
        continue
      }
      guard members[known] == nil, result[known] == nil else {
        add(keyPath, "the key \"\(keyPath)\" has no effect beside \"\(known)\"; remove one of the two")
        continue
      }
      add(keyPath, "the key \"\(keyPath)\" is taken for \"\(known)\"; write it so")
      result[known] = walk(member, schema: property, path: path.isEmpty ? known : "\(path).\(known)")
    }
    return .object(result)
  }

  private static func unknown(_ key: String, path: String, known: some Sequence<String>) -> String {
    let text = "the key \"\(path)\" is not known and has no effect"
    guard let suggestion = Spelling.nearest(to: key, among: known) else { return text }
    return text + "; did you mean \"\(suggestion)\"?"
  }
}
