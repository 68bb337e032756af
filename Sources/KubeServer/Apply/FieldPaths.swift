import Document

/// Which paths a value has, by its schema: leaves, items of lists that have identities, entries of maps.
enum FieldPaths {
  /// The paths of a value, and whether the value as a whole is one leaf for who holds it.
  static func of(_ value: Value, _ schema: SchemaNode?) -> (set: FieldSet, isLeaf: Bool) {
    var set = FieldSet()
    switch value {
    case .object(let fields):
      if schema?.mapIsAtomic == true { return (set, true) }
      for (name, member) in fields { insert(member, at: .field(name), of: schema, into: &set) }
      return (set, false)
    case .array(let elements):
      guard let items = items(elements, schema) else { return (set, true) }
      for (element, item) in items { insert(item, at: element, of: schema, into: &set) }
      return (set, false)
    default:
      return (set, true)
    }
  }

  /// Adds a part of a value: below its element, and as a member if it is a leaf, empty, or has an identity of its own.
  /// (Kubernetes leaves an empty list to nobody; here it goes with who applied it.)
  static func insert(_ part: Value, at element: PathElement, of schema: SchemaNode?, into set: inout FieldSet) {
    let (below, isLeaf) = of(part, child(element, schema))
    set.put(below, below: element)
    if isLeaf || part == [:] || part == [] || hasIdentity(element, schema) { set.members.insert(element) }
  }

  /// Whether an element exists apart from what is in it: list items, and keys of maps that are no declared fields.
  private static func hasIdentity(_ element: PathElement, _ schema: SchemaNode?) -> Bool {
    guard case .field(let name) = element else { return true }
    return schema?.properties[name] == nil
  }

  /// The schema of the part at an element.
  static func child(_ element: PathElement, _ schema: SchemaNode?) -> SchemaNode? {
    if case .field(let name) = element { return schema?.property(name) }
    return schema?.items
  }

  /// A list's items with their identities, in order; nil if the list is one leaf, or an item's identity is missing or
  /// appears twice.
  static func items(_ elements: [Value], _ schema: SchemaNode?) -> [(PathElement, Value)]? {
    guard let schema, schema.listType != .atomic else { return nil }
    var result: [(PathElement, Value)] = []
    var seen: Set<PathElement> = []
    for item in elements {
      guard let element = identity(item, schema), seen.insert(element).inserted else { return nil }
      result.append((element, item))
    }
    return result
  }

  private static func identity(_ item: Value, _ schema: SchemaNode) -> PathElement? {
    switch schema.listType {
    case .atomic: return nil
    case .set: return .value(item)
    case .map(let keys):
      var identity: [String: Value] = [:]
      for key in keys { identity[key] = item[key] ?? schema.items?.properties[key]?.defaultValue }
      return identity.isEmpty ? nil : .key(identity)
    }
  }
}
