import Document

/// A number of clusters: an integer, or text that is an integer or a percentage (fleet-behaviour §1, §4.1).
public enum IntOrString: Sendable, Hashable {
  /// A number.
  case int(Int)
  /// A text such as `10` or `25%`.
  case string(String)

  /// The field's tree.
  public var value: Value {
    switch self {
    case .int(let number): .integer(Int64(number))
    case .string(let text): .string(text)
    }
  }
}

extension FieldReader {
  func intOrString(_ key: String) throws(FleetError) -> IntOrString? {
    guard let value = value(key) else { return nil }
    if let number = value.int { return .int(number) }
    if let text = value.string { return .string(text) }
    throw FieldReader.wrongType(path(of: key), "an integer or a text such as \"25%\"", value)
  }
}
