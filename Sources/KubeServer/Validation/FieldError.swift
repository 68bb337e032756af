import Document

/// One broken rule of one field, worded as Kubernetes words it.
public struct FieldError: Hashable, Sendable, CustomStringConvertible {
  /// Machine-readable: `FieldValueRequired`, `FieldValueInvalid`, ...
  public let reason: String
  /// Path of the field: `spec.targets[0].name`, `metadata.labels[a/b]`; `<root>`-less.
  public let field: String
  /// What is wrong, without the path: `Invalid value: "x": must be ...`.
  public let body: String

  /// Path and body, as kubectl prints them.
  public var description: String { field.isEmpty ? body : "\(field): \(body)" }

  /// Makes an error with a reason and wording of its own.
  public init(reason: String, field: String, body: String) {
    self.reason = reason
    self.field = field
    self.body = body
  }

  /// The field has to be there.
  public static func required(_ field: String, _ detail: String = "") -> FieldError {
    FieldError(
      reason: "FieldValueRequired", field: field, body: detail.isEmpty ? "Required value" : "Required value: \(detail)")
  }

  /// The value breaks a rule that `detail` names.
  public static func invalid(_ field: String, _ value: Value, _ detail: String) -> FieldError {
    FieldError(reason: "FieldValueInvalid", field: field, body: "Invalid value: \(quoted(value)): \(detail)")
  }

  /// The value is of another type than the schema's.
  public static func type(_ field: String, _ value: Value, _ detail: String) -> FieldError {
    FieldError(reason: "FieldValueTypeInvalid", field: field, body: "Invalid value: \(quoted(value)): \(detail)")
  }

  /// The value is none of those that are possible.
  public static func notSupported(_ field: String, _ value: Value, _ supported: [Value]) -> FieldError {
    FieldError(
      reason: "FieldValueNotSupported", field: field,
      body: "Unsupported value: \(quoted(value)): supported values: \(supported.map(quoted).joined(separator: ", "))")
  }

  /// The value appears twice where it must not.
  public static func duplicate(_ field: String, _ value: Value) -> FieldError {
    FieldError(reason: "FieldValueDuplicate", field: field, body: "Duplicate value: \(quoted(value))")
  }

  /// The field must not be set, or not be changed.
  public static func forbidden(_ field: String, _ detail: String) -> FieldError {
    FieldError(reason: "FieldValueForbidden", field: field, body: "Forbidden: \(detail)")
  }

  /// The text is longer than `limit` bytes.
  public static func tooLong(_ field: String, limit: Int) -> FieldError {
    FieldError(
      reason: "FieldValueTooLong", field: field, body: "Too long: may not be more than \(limit) bytes")
  }

  /// The list or map has more than `limit` entries.
  public static func tooMany(_ field: String, count: Int, limit: Int) -> FieldError {
    FieldError(
      reason: "FieldValueTooMany", field: field, body: "Too many: \(count): must have at most \(limit) items")
  }

  /// The value as shown in an error: scalars in full up to a bound, composite values by their type.
  private static func quoted(_ value: Value) -> String {
    switch value {
    case .array: return "\"array\""
    case .object: return "\"object\""
    case .null: return "\"null\""
    case .string(let text): return JSON.string(.string(text.count > 256 ? text.prefix(256) + "..." : text))
    default: return JSON.string(value)
    }
  }
}
