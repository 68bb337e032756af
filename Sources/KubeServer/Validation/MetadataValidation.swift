import Document

/// The rules of `metadata` that hold for every kind.
enum MetadataValidation {
  /// Errors of a new or changed object's metadata.
  static func errors(in object: Value, kind: ResourceKind) -> [FieldError] {
    var errors: [FieldError] = []
    let name = object.at("metadata", "name")?.string ?? ""
    if name.isEmpty {
      errors.append(.required("metadata.name", "name or generateName is required"))
    } else if let problem = Names.problem(of: name, rule: kind.nameRule) {
      errors.append(.invalid("metadata.name", .string(name), problem))
    }
    for (key, value) in (object.at("metadata", "labels")?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      if let problem = Names.problem(ofQualified: key) {
        errors.append(.invalid("metadata.labels", .string(key), problem))
      }
      if let text = value.string, let problem = Names.problem(ofLabelValue: text) {
        errors.append(.invalid("metadata.labels", .string(text), problem))
      }
    }
    errors += annotationErrors(object.at("metadata", "annotations")?.object ?? [:])
    for (index, finalizer) in (object.at("metadata", "finalizers")?.array ?? []).enumerated() {
      if let text = finalizer.string, let problem = Names.problem(ofQualified: text) {
        errors.append(.invalid("metadata.finalizers[\(index)]", .string(text), problem))
      }
    }
    return errors
  }

  /// Errors of a change of metadata.
  static func errors(from old: Value, to new: Value) -> [FieldError] {
    guard old.at("metadata", "deletionTimestamp")?.string != nil else { return [] }
    let before = Set((old.at("metadata", "finalizers")?.array ?? []).compactMap(\.string))
    let after = (new.at("metadata", "finalizers")?.array ?? []).compactMap(\.string)
    let added = after.filter { !before.contains($0) }
    guard !added.isEmpty else { return [] }
    let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
    return [
      .forbidden(
        "metadata.finalizers",
        "no new finalizers can be added if the object is being deleted, found new finalizers [\(list)]")
    ]
  }

  private static func annotationErrors(_ annotations: [String: Value]) -> [FieldError] {
    var errors: [FieldError] = []
    var bytes = 0
    for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
      bytes += key.utf8.count + (value.string?.utf8.count ?? 0)
      if let problem = Names.problem(ofQualified: key.lowercased()) {
        errors.append(.invalid("metadata.annotations", .string(key), problem))
      }
    }
    if bytes > Limits.annotationBytes { errors.append(.tooLong("metadata.annotations", limit: Limits.annotationBytes)) }
    return errors
  }
}
