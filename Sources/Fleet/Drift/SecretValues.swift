import Document

/// What of a Secret nobody outside its cluster may see.
enum SecretValues {
  static let hidden: Value = "(hidden)"
  /// kubectl keeps a copy of all that it applied.
  private static let copy = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"]

  /// Whether an object holds values that are to be hidden.
  static func areIn(_ object: ObjectIdentity) -> Bool { object.kind == "Secret" && object.group.isEmpty }

  /// A part of a Secret without its values. In a patch, null takes a value away and stays.
  ///
  /// - Parameter path: the fields that lead to the part; empty for the whole object.
  static func hiding(_ value: Value, at path: [String] = []) -> Value {
    if value.isNull { return value }
    let isData = ["data", "stringData"].contains(path.first)
    if isData, path.count > 1 || value.object == nil { return hidden }
    if path == copy { return hidden }
    guard let members = value.object else { return value }
    return .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, hiding($0.value, at: path + [$0.key])) }))
  }
}
