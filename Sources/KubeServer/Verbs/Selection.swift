import Document

/// Which objects a list, watch or delete of a collection is about: label and field selectors.
struct Selection: Sendable {
  private struct Term: Sendable {
    let path: [String]
    let value: String
    let equal: Bool
  }

  private let labels: LabelSelector?
  private let fields: [Term]

  /// Whether every object is meant.
  var isEverything: Bool { labels == nil && fields.isEmpty }

  /// The one name that `metadata.name=` asks for; such a list is a get.
  let name: String?

  /// Parses `labelSelector` and `fieldSelector`; `badRequest` names what is not understood.
  init(_ query: Query, kind: ResourceKind) throws(KubeError) {
    if let text = query["labelSelector"] {
      do { labels = try LabelSelector(parsing: text) } catch {
        throw KubeError.badRequest("unable to parse the label selector \"\(text)\": \(error)", cause: error)
      }
    } else {
      labels = nil
    }
    var terms: [Term] = []
    for part in (query["fieldSelector"] ?? "").split(separator: ",") {
      terms.append(try Self.term(part, kind))
    }
    fields = terms
    name = terms.first { $0.equal && $0.path == ["metadata", "name"] }?.value
  }

  private static func term(_ text: Substring, _ kind: ResourceKind) throws(KubeError) -> Term {
    for (mark, equal) in [("!=", false), ("==", true), ("=", true)] {
      guard let range = text.firstRange(of: mark) else { continue }
      let key = String(text[..<range.lowerBound])
      guard ["metadata.name", "metadata.namespace"].contains(key) || kind.selectableFields.contains(key) else {
        throw KubeError.badRequest(
          "field label not supported: \(key); \(kind.plural) can be selected by "
            + (["metadata.name", "metadata.namespace"] + kind.selectableFields).joined(separator: ", "))
      }
      return Term(
        path: key.split(separator: ".").map(String.init), value: String(text[range.upperBound...]), equal: equal)
    }
    throw KubeError.badRequest("invalid field selector \"\(text)\"; write field=value or field!=value")
  }

  /// Whether an object is selected.
  func matches(_ object: Value) -> Bool {
    for term in fields {
      let found: String
      switch object.at(term.path) {
      case .string(let text): found = text
      case .none, .null: found = ""
      case .some(let other): found = JSON.string(other)
      }
      if (found == term.value) != term.equal { return false }
    }
    guard let labels else { return true }
    return labels.matches(object.at("metadata", "labels")?.stringMap ?? [:])
  }
}
