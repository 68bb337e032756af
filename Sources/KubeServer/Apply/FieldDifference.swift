import Document

/// Which paths differ between two states of an object.
struct FieldDifference: Sendable {
  var added = FieldSet()
  var modified = FieldSet()
  var removed = FieldSet()

  /// What the writer of the new state set.
  var written: FieldSet { added.union(modified) }

  /// Compares two states.
  init(from old: Value, to new: Value, _ schema: SchemaNode?) {
    _ = compare(old, new, schema)
  }

  private init() {}

  /// Fills in the differences below; true if the values differ as a whole.
  private mutating func compare(_ old: Value, _ new: Value, _ schema: SchemaNode?) -> Bool {
    if old == new { return false }
    guard let before = Self.parts(old, schema), let after = Self.parts(new, schema) else { return true }
    for (element, value) in after {
      guard let earlier = before[element] else {
        FieldPaths.insert(value, at: element, of: schema, into: &added)
        continue
      }
      var below = FieldDifference()
      if below.compare(earlier, value, FieldPaths.child(element, schema)) { modified.members.insert(element) }
      added.put(below.added, below: element)
      modified.put(below.modified, below: element)
      removed.put(below.removed, below: element)
    }
    for (element, value) in before where after[element] == nil {
      FieldPaths.insert(value, at: element, of: schema, into: &removed)
    }
    return false
  }

  /// The parts of a value that is compared part by part; nil for a leaf.
  private static func parts(_ value: Value, _ schema: SchemaNode?) -> [PathElement: Value]? {
    switch value {
    case .object(let fields):
      guard schema?.mapIsAtomic != true else { return nil }
      return Dictionary(uniqueKeysWithValues: fields.map { (.field($0.key), $0.value) })
    case .array(let elements):
      guard let items = FieldPaths.items(elements, schema) else { return nil }
      return Dictionary(items, uniquingKeysWith: { first, _ in first })
    default:
      return nil
    }
  }
}
