extension Value {
  /// This value with `overlay` laid over it, as Helm merges values: objects merge member by member, anything else in the overlay
  /// (lists and null too) replaces what is below it.
  public func merging(_ overlay: Value) -> Value {
    guard case .object(var members) = self, case .object(let above) = overlay else { return overlay }
    for (key, value) in above { members[key] = members[key]?.merging(value) ?? value }
    return .object(members)
  }

  /// This value after a JSON Merge Patch (RFC 7386): null members of the patch remove, objects merge, anything else replaces.
  public func applyingMergePatch(_ patch: Value) -> Value {
    guard case .object(let changes) = patch else { return patch }
    var members = object ?? [:]
    for (key, change) in changes {
      // Not `nil` in a ternary: that would be the literal for `.null`.
      members[key] = change.isNull ? Value?.none : (members[key] ?? .null).applyingMergePatch(change)
    }
    return .object(members)
  }

  /// The smallest JSON Merge Patch that turns `source` into `target`; `{}` if they are equal objects.
  ///
  /// A merge patch cannot set a member to null: nulls inside `target` come out as absent members.
  public static func mergePatch(from source: Value, to target: Value) -> Value {
    guard case .object(let old) = source, case .object(let new) = target else { return target }
    var patch = [String: Value]()
    for key in old.keys where new[key] == nil { patch[key] = .null }
    for (key, value) in new where old[key] != value {
      patch[key] = old[key].map { mergePatch(from: $0, to: value) } ?? value
    }
    return .object(patch)
  }
}
