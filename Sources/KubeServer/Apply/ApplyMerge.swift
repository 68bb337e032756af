import Document

/// The two halves of server-side apply on values: putting what was applied into the live object, and taking out what the
/// same manager applied before and nobody wants any more.
enum ApplyMerge {
  /// The live value with the applied one put in: maps by key, lists by their type, everything else replaced.
  static func merge(_ live: Value, _ applied: Value, _ schema: SchemaNode?) -> Value {
    switch (live, applied) {
    case (.object(let old), .object(let new)):
      guard schema?.mapIsAtomic != true else { return applied }
      return .object(
        old.merging(
          new.map { name, value in (name, old[name].map { merge($0, value, schema?.property(name)) } ?? value) },
          uniquingKeysWith: { _, merged in merged }))
    case (.array(let old), .array(let new)):
      guard let schema, let oldItems = FieldPaths.items(old, schema), let newItems = FieldPaths.items(new, schema)
      else {
        return applied
      }
      let wanted = Dictionary(newItems, uniquingKeysWith: { first, _ in first })
      let known = Set(oldItems.map(\.0))
      let kept = oldItems.map { element, item in wanted[element].map { merge(item, $0, schema.items) } ?? item }
      return .array(kept + newItems.filter { !known.contains($0.0) }.map(\.1))
    default:
      return applied
    }
  }

  /// The value without what is in `last` (applied before by the same manager) and touched by nothing in `owned` (applied
  /// now, or owned by others). Containers that were there for such fields alone go with them.
  static func prune(_ value: Value, last: FieldSet, owned: FieldSet, _ schema: SchemaNode?) -> Value {
    switch value {
    case .object(var fields):
      guard schema?.mapIsAtomic != true else { return value }
      for (name, part) in fields {
        fields[name] = prune(part, at: .field(name), last, owned, schema)
      }
      return .object(fields)
    case .array(let elements):
      guard let items = FieldPaths.items(elements, schema) else { return value }
      return .array(items.compactMap { element, item in prune(item, at: element, last, owned, schema) })
    default:
      return value
    }
  }

  private static func prune(
    _ part: Value, at element: PathElement, _ last: FieldSet, _ owned: FieldSet, _ schema: SchemaNode?
  ) -> Value? {
    guard last.touches(element) else { return part }
    let stays = owned.touches(element)
    if !stays, last.members.contains(element) { return nil }
    guard let below = last.children[element] else { return part }
    let result = prune(
      part, last: below, owned: owned.children[element] ?? FieldSet(), FieldPaths.child(element, schema))
    if !stays, result == [:] || result == [] { return nil }
    return result
  }
}
