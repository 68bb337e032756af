import Document

/// Takes unknown fields and meaningless nulls out of an object, as a structural schema says, and tells which fields were
/// unknown (`spec.targets[0].clusterNme`).
struct Pruning {
  private(set) var unknown: [String] = []

  /// The object without unknown fields; nulls of fields that cannot be null are dropped, so that an absent field and an
  /// explicit null mean the same.
  mutating func prune(_ object: Value, _ schema: SchemaNode) -> Value {
    walk(object, schema, "")
  }

  private mutating func walk(_ value: Value, _ schema: SchemaNode, _ path: String) -> Value {
    switch value {
    case .object(let fields): return .object(walk(fields, schema, path))
    case .array(let elements):
      guard let items = schema.items else { return value }
      var result: [Value] = []
      result.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() { result.append(walk(element, items, "\(path)[\(index)]")) }
      return .array(result)
    default: return value
    }
  }

  private mutating func walk(_ fields: [String: Value], _ schema: SchemaNode, _ path: String) -> [String: Value] {
    // A value without any declared shape is kept as it is: an object of unknown fields whose schema is not an object
    // is the validator's to refuse.
    guard schema.type == nil || schema.type == "object" else { return fields }
    var result: [String: Value] = [:]
    result.reserveCapacity(fields.count)
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      let below = path.isEmpty ? name : "\(path).\(name)"
      if let node = schema.property(name) {
        if value.isNull, !node.nullable, schema.properties[name] != nil || node.type != nil { continue }
        result[name] = walk(value, node, below)
      } else if schema.knows(name) {
        result[name] = value
      } else {
        unknown.append(below)
      }
    }
    return result
  }
}
