import Document

/// Who wrote an object's fields last, as the API server keeps book of it (`metadata.managedFields`).
///
/// The book says how each list is merged, so together with the values it proves without a question to the server that applying
/// something once more would change nothing.
public enum FieldOwnership {
  /// Whether the last server-side apply of a manager owns every field that is wanted, and each has the very value that is wanted.
  ///
  /// - Parameters:
  ///   - wanted: what was applied.
  ///   - live: the object as the server tells it.
  ///   - manager: whose apply.
  /// - Returns: false also where nothing is proved, as for `1000m` that the server writes `1`: then somebody has to ask.
  public static func isUnchanged(_ wanted: Value, in live: Value, manager: String) -> Bool {
    guard let entries = live.at("metadata", "managedFields")?.array else { return false }
    let own = entries.first { entry in
      entry["manager"]?.string == manager && entry["operation"] == "Apply"
        && (entry["subresource"]?.string ?? "").isEmpty && entry["apiVersion"] == wanted["apiVersion"]
    }
    guard let fields = own?["fieldsV1"], let members = wanted.object else { return false }
    for (key, value) in members where !["apiVersion", "kind", "metadata", "status"].contains(key) {
      guard stands(value, in: live[key], fields["f:\(key)"]) else { return false }
    }
    // Identity is nobody's.
    for (key, value) in wanted["metadata"]?.object ?? [:] where !["name", "namespace"].contains(key) {
      guard stands(value, in: live.at("metadata", key), fields.at("f:metadata", "f:\(key)")) else { return false }
    }
    return true
  }

  private static func stands(_ wanted: Value, in live: Value?, _ fields: Value?) -> Bool {
    guard let live, let fields = fields?.object else { return wanted.isNull }
    // Without parts of its own in the book, a field is owned as a whole.
    guard !fields.isEmpty else { return wanted == live }
    switch wanted {
    case .object(let members):
      return members.allSatisfy { stands($0.value, in: live[$0.key], fields["f:\($0.key)"]) }
    case .array(let elements):
      return elements.allSatisfy { stands(element: $0, in: live.array ?? [], fields) }
    default: return wanted == live
    }
  }

  private static func stands(element: Value, in live: [Value], _ fields: [String: Value]) -> Bool {
    for (path, nested) in fields {
      if let text = suffix(of: path, after: "v:"), parse(text) == element { return live.contains(element) }
      guard let text = suffix(of: path, after: "k:"), let keys = parse(text)?.object else { continue }
      let isMeant = { (candidate: Value) in keys.allSatisfy { candidate[$0.key] == $0.value } }
      guard isMeant(element) else { continue }
      return stands(element, in: live.first(where: isMeant), nested)
    }
    return false
  }

  private static func suffix(of path: String, after mark: String) -> String? {
    path.hasPrefix(mark) ? String(path.dropFirst(mark.count)) : nil
  }

  private static func parse(_ text: String) -> Value? { try? JSON.parse(Array(text.utf8), file: "managedFields") }

  /// Which other manager wrote to the object last; nil when none did, or the times do not say.
  ///
  /// - Parameter manager: the one that is not meant.
  public static func lastWriter(of live: Value, besides manager: String) -> String? {
    let others = (live.at("metadata", "managedFields")?.array ?? []).filter { entry in
      entry["manager"]?.string != manager && !onlyStatus(entry["fieldsV1"])
    }
    return others.max { ($0["time"]?.string ?? "") < ($1["time"]?.string ?? "") }?["manager"]?.string
  }

  private static func onlyStatus(_ fields: Value?) -> Bool {
    fields?.object?.keys.allSatisfy { $0 == "f:status" } ?? true
  }
}
