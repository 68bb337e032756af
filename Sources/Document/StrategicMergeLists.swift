// Lists that merge: by key if their elements are objects, as sets if they are scalars. Order follows apimachinery: what the patch
// names stands in the patch's order, the rest keeps the original's, and where the original's order relates two elements it holds.
extension StrategicMerge {
  /// A patch's list merged into the original's.
  static func mergeList(
    _ original: [Value], _ patch: [Value], _ field: Field
  ) throws(DocumentError) -> [Value] {
    let merged = try mergeElements(original, patch, field)
    let order = patch.filter { $0[patchDirective] == nil }
    return arrange(merged, by: order, original: original, key: elementKey(original + patch, field))
  }

  private static func mergeElements(
    _ original: [Value], _ patch: [Value], _ field: Field
  ) throws(DocumentError) -> [Value] {
    guard isListOfObjects(original + patch) else {
      var seen = Set<Value>()
      return (original + patch).filter { seen.insert($0).inserted }
    }
    guard let key = field.mergeKey else {
      throw field.invalid("the schema names no merge key for this list of objects")
    }
    var result = original
    var additions = [[String: Value]]()
    var replaces = false
    for element in patch {
      guard case .object(var members) = element else {
        throw field.invalid("an element of a merged list must be an object like the others, not \(element.typeName)")
      }
      switch members.removeValue(forKey: patchDirective) {
      case nil: additions.append(members)
      case "replace"?:
        replaces = true
        if !members.isEmpty { additions.append(members) }
      case "delete"?:
        let unwanted = try identity(of: element, key, field)
        result.removeAll { $0[key] == unwanted }
      case "merge"?: throw field.invalid("$patch: merge cannot be used inside a list")
      case let directive?: throw field.invalid("unknown $patch directive \(directive)")
      }
    }
    if replaces { return additions.map { withoutDirectives(.object($0)) } }
    for members in additions {
      let wanted = try identity(of: .object(members), key, field)
      if let index = result.firstIndex(where: { $0[key] == wanted }), case .object(let old) = result[index] {
        result[index] = .object(try merge(old, members, field.element))
      } else {
        result.append(withoutDirectives(.object(members)))
      }
    }
    return result
  }

  /// `$setElementOrder/<list>` says how the list is to be ordered, beside or without a change of its elements.
  static func mergeOrderedLists(
    _ patch: inout [String: Value], into result: inout [String: Value], _ field: Field
  ) throws(DocumentError) {
    for directive in patch.keys.filter({ $0.hasPrefix(setElementOrderPrefix) }) {
      let name = String(directive.dropFirst(setElementOrderPrefix.count))
      let member = field.member(name)
      guard case .array(let order)? = patch.removeValue(forKey: directive) else {
        throw member.invalid("\(setElementOrderPrefix)\(name) must be a list")
      }
      let original = result[name]?.array
      let change = patch[name]?.array
      if patch[name] != nil, change == nil {
        throw member.invalid("is ordered by $setElementOrder, so it must be a list")
      }
      let key = elementKey((original ?? []) + (change ?? []) + order, member)
      for element in change ?? [] where element[patchDirective] == nil && position(of: element, in: order, key) == nil {
        throw member.invalid("\(element[key ?? ""] ?? element) is not in \(setElementOrderPrefix)\(name)")
      }
      let merged: [Value]
      switch (original, change) {
      case (let original?, let change?):
        merged = member.strategies.contains("merge") ? try mergeElements(original, change, member) : change
      case (let original?, nil): merged = original
      case (nil, let change?): merged = withoutDirectives(.array(change)).array ?? []
      case (nil, nil): continue
      }
      result[name] = .array(arrange(merged, by: order, original: original ?? [], key: key))
      patch[name] = nil
    }
  }

  private static func arrange(_ merged: [Value], by order: [Value], original: [Value], key: String?) -> [Value] {
    func sorted(_ elements: [Value], by order: [Value]) -> [Value] {
      let ranked = elements.enumerated().map { ($0.offset, position(of: $0.element, in: order, key), $0.element) }
      return ranked.sorted { ($0.1 ?? .max, $0.0) < ($1.1 ?? .max, $1.0) }.map(\.2)
    }
    let named = sorted(merged.filter { position(of: $0, in: order, key) != nil }, by: order)
    let others = sorted(merged.filter { position(of: $0, in: order, key) == nil }, by: original)
    var result = [Value]()
    result.reserveCapacity(merged.count)
    var left = others[...]
    var right = named[...]
    while let other = left.first, let name = right.first {
      if let before = position(of: other, in: original, key), let after = position(of: name, in: original, key),
        before < after
      {
        result.append(left.removeFirst())
      } else {
        result.append(right.removeFirst())
      }
    }
    return result + left + right
  }

  private static func position(of element: Value, in list: [Value], _ key: String?) -> Int? {
    guard let key else { return list.firstIndex(of: element) }
    return list.firstIndex { $0[key] == element[key] }
  }

  private static func isListOfObjects(_ elements: [Value]) -> Bool { elements.contains { $0.object != nil } }

  private static func elementKey(_ elements: [Value], _ field: Field) -> String? {
    isListOfObjects(elements) ? field.mergeKey : nil
  }

  private static func identity(of element: Value, _ key: String, _ field: Field) throws(DocumentError) -> Value {
    guard let identity = element[key] else { throw field.invalid("an element has no merge key \"\(key)\"") }
    return identity
  }
}
