import Document

/// A patch as a status shows it: without secrets, and of bounded length.
public enum DriftPatch {
  /// The text of a merge patch from a live object to the wanted one.
  ///
  /// A Secret's values are hidden. A patch longer than ``Limits/patchBytes`` is told with long texts cut, or else by the names of
  /// its outermost fields; it is JSON all the same.
  public static func text(_ patch: Value, of object: ObjectIdentity) -> String {
    let shown = SecretValues.areIn(object) ? SecretValues.hiding(patch) : patch
    for candidate in [shown, shortened(shown), outline(shown)] {
      let text = JSON.string(candidate)
      if text.utf8.count <= Limits.patchBytes { return text }
    }
    return "{}"
  }

  /// A value whose long texts and lists are cut.
  static func shortened(_ value: Value) -> Value {
    switch value {
    case .string(let text) where text.utf8.count > 128:
      .string(String(text.prefix(64)) + "… (\(text.utf8.count) bytes)")
    case .array(let elements) where elements.count > 16: .string("… (\(elements.count) elements)")
    case .array(let elements): .array(elements.map { shortened($0) })
    case .object(let members): .object(members.mapValues { shortened($0) })
    default: value
    }
  }

  private static func outline(_ value: Value) -> Value {
    guard case .object(let members) = value else { return "…" }
    return .object(
      members.mapValues { member in
        guard case .object(let inner) = member, inner.count <= 64 else { return "…" }
        return .object(inner.mapValues { _ in "…" })
      })
  }
}
