import Document

/// A label selector field: the tree as the user wrote it, and what it means.
public struct SelectorSpec: Sendable, Hashable {
  /// The selector as it stands in the object.
  public let value: Value
  /// The selector to match with.
  public let selector: LabelSelector

  /// Reads a selector; `{}` selects everything.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when it is not a valid selector.
  public init(_ value: Value, path: String = "") throws(FleetError) {
    guard value.object != nil else { throw FieldReader.wrongType(path, "an object", value) }
    do {
      selector = try LabelSelector(value)
    } catch {
      throw FleetError(.invalidField, "is not a label selector: \(error)", key: path.isEmpty ? nil : path, cause: error)
    }
    self.value = value
  }

  /// A selector of labels that must all be there.
  public init(matchLabels: [String: String]) throws(FleetError) {
    try self.init(["matchLabels": Value(matchLabels)])
  }

  /// Whether labels are selected.
  public func matches(_ labels: [String: String]) -> Bool { selector.matches(labels) }
}

extension FieldReader {
  func selector(_ key: String) throws(FleetError) -> SelectorSpec? {
    guard let value = value(key) else { return nil }
    return try SelectorSpec(value, path: path(of: key))
  }
}
