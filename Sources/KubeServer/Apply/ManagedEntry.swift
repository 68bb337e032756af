import Document

/// One entry of `metadata.managedFields`.
struct ManagedEntry: Sendable, Hashable {
  /// What makes an entry's fields belong together.
  struct Identity: Hashable, Sendable {
    var manager: String
    var operation: String
    var apiVersion: String
    var subresource: String
  }

  var identity: Identity
  var time: String
  var fields: FieldSet

  /// Reads `metadata.managedFields`; entries of another form are left out.
  static func decode(_ list: Value?) -> [ManagedEntry] {
    (list?.array ?? []).compactMap { entry in
      guard let manager = entry["manager"]?.string, let operation = entry["operation"]?.string else { return nil }
      return ManagedEntry(
        identity: Identity(
          manager: manager, operation: operation, apiVersion: entry["apiVersion"]?.string ?? "",
          subresource: entry["subresource"]?.string ?? ""),
        time: entry["time"]?.string ?? "", fields: FieldSet(encoded: entry["fieldsV1"] ?? [:]))
    }
  }

  /// The entries in Kubernetes' order: applied ones first, then by time and manager.
  static func encode(_ entries: [ManagedEntry]) -> Value {
    .array(
      entries.sorted { left, right in
        (left.identity.operation, left.time, left.identity.manager, left.identity.subresource)
          < (right.identity.operation, right.time, right.identity.manager, right.identity.subresource)
      }.map { entry in
        var value: Value = [
          "manager": .string(entry.identity.manager), "operation": .string(entry.identity.operation),
          "apiVersion": .string(entry.identity.apiVersion), "fieldsType": "FieldsV1",
          "fieldsV1": entry.fields.encoded,
        ]
        if !entry.time.isEmpty { value["time"] = .string(entry.time) }
        if !entry.identity.subresource.isEmpty { value["subresource"] = .string(entry.identity.subresource) }
        return value
      })
  }

  /// How a conflict names the entry.
  var displayed: String {
    guard identity.operation == "Update" else { return "\"\(identity.manager)\"" }
    let subresource = identity.subresource.isEmpty ? "" : " with subresource \"\(identity.subresource)\""
    return "\"\(identity.manager)\"\(subresource) using \(identity.apiVersion)" + (time.isEmpty ? "" : " at \(time)")
  }
}
