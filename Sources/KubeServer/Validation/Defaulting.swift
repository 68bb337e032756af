import Document

/// Fills in a structural schema's `default` values.
enum Defaulting {
  /// The object with defaults where fields are absent.
  static func apply(_ schema: SchemaNode, to value: Value) -> Value {
    switch value {
    case .object(var fields):
      for (name, node) in schema.properties {
        if let present = fields[name] {
          fields[name] = apply(node, to: present)
        } else if let initial = node.defaultValue {
          fields[name] = apply(node, to: initial)
        }
      }
      if case .schema(let node) = schema.additional {
        for (name, present) in fields where schema.properties[name] == nil {
          fields[name] = apply(node, to: present)
        }
      }
      return .object(fields)
    case .array(let elements):
      guard let items = schema.items else { return value }
      return .array(elements.map { apply(items, to: $0) })
    default:
      return value
    }
  }
}
