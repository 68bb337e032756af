/// Kubernetes' strategic merge patch: a merge patch that merges lists by key, as the type's OpenAPI schema says.
///
/// A list whose schema has `x-kubernetes-patch-strategy: merge` merges, its objects matched by `x-kubernetes-patch-merge-key`; every
/// other list is replaced. Directives: `$patch: delete | replace | merge`, `$retainKeys`, `$deleteFromPrimitiveList/<list>` and
/// `$setElementOrder/<list>`. The algorithm is apimachinery's, so results agree with `kubectl patch` element by element.
public enum StrategicMerge {
  /// The document after the patch.
  ///
  /// - Parameters:
  ///   - patch: an object, with or without directives.
  ///   - document: the object to change.
  ///   - schema: the document's OpenAPI v3 schema, `$ref`s resolved; null merges objects and replaces all lists.
  /// - Throws: `.invalid` naming the field where a directive or a merge key is wrong.
  public static func apply(
    _ patch: Value, to document: Value, schema: Value = .null
  ) throws(DocumentError) -> Value {
    guard case .object(let changes) = patch else {
      throw DocumentError(.invalid, "a strategic merge patch must be an object, not \(patch.typeName)")
    }
    return .object(try merge(document.object ?? [:], changes, Field(schema: schema, path: "")))
  }

  static let patchDirective = "$patch"
  static let retainKeysDirective = "$retainKeys"
  static let deleteFromPrimitiveListPrefix = "$deleteFromPrimitiveList/"
  static let setElementOrderPrefix = "$setElementOrder/"

  /// A field's schema and its path, for messages.
  struct Field {
    var schema: Value
    var path: String

    func member(_ name: String) -> Field {
      let schema = self.schema.at("properties", name) ?? self.schema["additionalProperties"] ?? .null
      return Field(schema: schema, path: path.isEmpty ? name : "\(path).\(name)")
    }

    var element: Field { Field(schema: schema["items"] ?? .null, path: path + "[]") }

    var strategies: [Substring] { (schema["x-kubernetes-patch-strategy"]?.string ?? "").split(separator: ",") }

    var mergeKey: String? { schema["x-kubernetes-patch-merge-key"]?.string }

    func invalid(_ message: String) -> DocumentError {
      DocumentError(.invalid, "strategic merge patch\(path.isEmpty ? "" : " at \(path)"): \(message)")
    }
  }

  static func merge(
    _ original: [String: Value], _ patch: [String: Value], _ field: Field
  ) throws(DocumentError) -> [String: Value] {
    var patch = patch
    if let directive = patch.removeValue(forKey: patchDirective) {
      switch directive {
      case "replace": return patch
      case "delete": return [:]
      case "merge": break
      default: throw field.invalid("unknown $patch directive \(directive); it must be delete, replace or merge")
      }
    }
    var result = original
    try retainKeys(of: &patch, in: &result, field)
    try mergeOrderedLists(&patch, into: &result, field)
    for (key, change) in patch {
      if key.hasPrefix(deleteFromPrimitiveListPrefix) {
        try deletePrimitives(String(key.dropFirst(deleteFromPrimitiveListPrefix.count)), change, from: &result, field)
        continue
      }
      guard !change.isNull else {
        result[key] = nil
        continue
      }
      let member = field.member(key)
      switch (result[key], change) {
      case (.object(let old)?, .object(let new)):
        result[key] = .object(
          member.strategies.contains("replace") ? withoutDirectives(new) : try merge(old, new, member))
      case (.array(let old)?, .array(let new)) where member.strategies.contains("merge"):
        result[key] = .array(try mergeList(old, new, member))
      default: result[key] = withoutDirectives(change)
      }
    }
    return result
  }

  /// `$retainKeys: [a, b]` removes every other member of the original; the patch may set none but these.
  private static func retainKeys(
    of patch: inout [String: Value], in result: inout [String: Value], _ field: Field
  ) throws(DocumentError) {
    guard let directive = patch.removeValue(forKey: retainKeysDirective) else { return }
    guard let names = directive.array, names.allSatisfy({ $0.string != nil }) else {
      throw field.invalid("$retainKeys must be a list of strings")
    }
    let retained = Set(names.compactMap(\.string))
    for (key, value) in patch where !value.isNull && !key.hasPrefix("$") && !retained.contains(key) {
      throw field.invalid("sets \"\(key)\", which its $retainKeys does not list")
    }
    result = result.filter { retained.contains($0.key) }
  }

  private static func deletePrimitives(
    _ name: String, _ change: Value, from result: inout [String: Value], _ field: Field
  ) throws(DocumentError) {
    guard case .array(let unwanted) = change else {
      throw field.invalid("\(deleteFromPrimitiveListPrefix)\(name) must be a list")
    }
    guard case .array(let elements)? = result[name] else { return }
    result[name] = .array(elements.filter { !unwanted.contains($0) })
  }

  /// What a patch adds where the original has nothing: itself, without directives, nulls and deletions.
  static func withoutDirectives(_ value: Value) -> Value {
    switch value {
    case .object(let members): .object(withoutDirectives(members))
    case .array(let elements):
      .array(
        elements.filter { element in
          guard let directive = element[patchDirective] else { return true }
          return directive != "delete" && element.object?.count != 1
        }.map(withoutDirectives))
    default: value
    }
  }

  private static func withoutDirectives(_ members: [String: Value]) -> [String: Value] {
    if members[patchDirective] == "delete" { return [:] }
    return members.filter { key, value in
      key != patchDirective && key != retainKeysDirective && !key.hasPrefix(deleteFromPrimitiveListPrefix)
        && !key.hasPrefix(setElementOrderPrefix) && !value.isNull
    }.mapValues(withoutDirectives)
  }
}
