import Document
import Foundation

/// Checks a value against a structural schema and words what is wrong as a Kubernetes API server does.
struct SchemaValidator {
  private(set) var errors: [FieldError] = []

  /// All errors of `value` at `path`, at most ``Limits/reportedFields``.
  static func errors(in value: Value, _ schema: SchemaNode, path: String = "") -> [FieldError] {
    var validator = SchemaValidator()
    validator.check(value, schema, path)
    return validator.errors
  }

  private mutating func report(_ error: FieldError) {
    if errors.count < Limits.reportedFields { errors.append(error) }
  }

  private mutating func check(_ value: Value, _ schema: SchemaNode, _ path: String) {
    if value.isNull, schema.nullable { return }
    guard hasRightType(value, schema) else {
      let wanted = schema.intOrString ? "integer,string" : schema.type ?? ""
      let found = typeName(value)
      report(
        FieldError(
          reason: "FieldValueTypeInvalid", field: path,
          body: "Invalid value: \"\(found)\": \(path) in body must be of type \(wanted): \"\(found)\""))
      return
    }
    if !schema.enumeration.isEmpty, !schema.enumeration.contains(value) {
      report(.notSupported(path, value, schema.enumeration))
    }
    switch value {
    case .string(let text): checkString(text, schema, path)
    case .integer(let number): checkNumber(Double(number), value, schema, path)
    case .number(let number): checkNumber(number, value, schema, path)
    case .array(let elements): checkArray(elements, schema, path)
    case .object(let fields): checkObject(fields, schema, path)
    case .bool, .null: break
    }
    checkCombinations(value, schema, path)
  }

  private func hasRightType(_ value: Value, _ schema: SchemaNode) -> Bool {
    if schema.intOrString {
      switch value {
      case .integer, .string: return true
      default: return false
      }
    }
    switch (schema.type, value) {
    case (nil, _), ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
      ("integer", .integer), ("number", .integer), ("number", .number):
      return true
    case ("integer", .number(let number)): return number == number.rounded() && abs(number) < 9.2e18
    default: return false
    }
  }

  private func typeName(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private mutating func checkString(_ text: String, _ schema: SchemaNode, _ path: String) {
    if let limit = schema.maxLength, text.unicodeScalars.count > limit {
      report(.tooLong(path, limit: limit))
    }
    if let limit = schema.minLength, text.unicodeScalars.count < limit {
      report(.invalid(path, .string(text), "\(path) in body should be at least \(limit) chars long"))
    }
    if let expression = schema.expression,
      expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) == nil
    {
      report(.invalid(path, .string(text), "\(path) in body should match '\(schema.pattern ?? "")'"))
    }
    switch schema.format {
    case "date-time" where Timestamp(text) == nil:
      report(.invalid(path, .string(text), "\(path) in body must be of type date-time: \(JSON.string(.string(text)))"))
    case "byte" where Data(base64Encoded: text) == nil:
      // Such fields hold secrets: what was sent is not shown.
      report(
        FieldError(
          reason: "FieldValueInvalid", field: path,
          body: "Invalid value: \(path) in body must be of type byte: it is not base64"))
    default: break
    }
  }

  private mutating func checkNumber(_ number: Double, _ value: Value, _ schema: SchemaNode, _ path: String) {
    if let limit = schema.minimum, schema.exclusiveMinimum ? number <= limit : number < limit {
      let relation = schema.exclusiveMinimum ? "greater than" : "greater than or equal to"
      report(.invalid(path, value, "\(path) in body should be \(relation) \(text(limit))"))
    }
    if let limit = schema.maximum, schema.exclusiveMaximum ? number >= limit : number > limit {
      let relation = schema.exclusiveMaximum ? "less than" : "less than or equal to"
      report(.invalid(path, value, "\(path) in body should be \(relation) \(text(limit))"))
    }
    if schema.format == "int32", !schema.intOrString, abs(number) > 2_147_483_648 {
      report(.invalid(path, value, "\(path) in body must be of type int32: \(JSON.string(value))"))
    }
  }

  private func text(_ number: Double) -> String { JSON.string(.number(number)) }

  private mutating func checkArray(_ elements: [Value], _ schema: SchemaNode, _ path: String) {
    if let limit = schema.minItems, elements.count < limit {
      report(
        .invalid(path, .integer(Int64(elements.count)), "\(path) in body should have at least \(limit) items"))
    }
    if let limit = schema.maxItems, elements.count > limit {
      report(.tooMany(path, count: elements.count, limit: limit))
      return
    }
    checkUnique(elements, schema, path)
    guard let items = schema.items else { return }
    for (index, element) in elements.enumerated() { check(element, items, "\(path)[\(index)]") }
  }

  private mutating func checkUnique(_ elements: [Value], _ schema: SchemaNode, _ path: String) {
    var seen: Set<Value> = []
    for (index, element) in elements.enumerated() {
      let identity: Value
      switch schema.listType {
      case .atomic: return
      case .set: identity = element
      case .map(let keys):
        let defaults = schema.items
        identity = .array(keys.map { element[$0] ?? defaults?.properties[$0]?.defaultValue ?? .null })
      }
      if !seen.insert(identity).inserted {
        report(.duplicate("\(path)[\(index)]", schema.listType == .set ? element : .object(keyed(element, schema))))
      }
    }
  }

  private func keyed(_ element: Value, _ schema: SchemaNode) -> [String: Value] {
    guard case .map(let keys) = schema.listType else { return [:] }
    return Dictionary(uniqueKeysWithValues: keys.map { ($0, element[$0] ?? .null) })
  }

  private mutating func checkObject(_ fields: [String: Value], _ schema: SchemaNode, _ path: String) {
    func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    for name in schema.required where fields[name] == nil { report(.required(below(name))) }
    if let limit = schema.minProperties, fields.count < limit {
      report(
        .invalid(path, .integer(Int64(fields.count)), "\(path) in body should have at least \(limit) properties"))
    }
    if let limit = schema.maxProperties, fields.count > limit {
      report(.tooMany(path, count: fields.count, limit: limit))
    }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      if let node = schema.property(name) { check(value, node, below(name)) }
    }
  }

  private mutating func checkCombinations(_ value: Value, _ schema: SchemaNode, _ path: String) {
    for part in schema.allOf { check(value, part, path) }
    if !schema.anyOf.isEmpty, !schema.anyOf.contains(where: { Self.errors(in: value, $0, path: path).isEmpty }) {
      report(.invalid(path, value, "\(path) in body must validate at least one schema (anyOf)"))
    }
    if !schema.oneOf.isEmpty, schema.oneOf.count(where: { Self.errors(in: value, $0, path: path).isEmpty }) != 1 {
      report(.invalid(path, value, "\(path) in body must validate one and only one schema (oneOf)"))
    }
    if let not = schema.not, Self.errors(in: value, not, path: path).isEmpty {
      report(.invalid(path, value, "\(path) in body must not validate the schema (not)"))
    }
  }
}
