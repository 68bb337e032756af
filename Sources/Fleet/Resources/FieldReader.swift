import Document

/// Reads typed fields out of an object's tree. Absent and null are the same; a wrong type is an error that names the
/// key's whole path and what stands there.
struct FieldReader {
  let fields: [String: Value]
  let path: String

  /// A reader of an object; null and nil read as an empty one.
  init(_ value: Value?, path: String = "") throws(FleetError) {
    self.path = path
    switch value {
    case nil, .null?: fields = [:]
    case .object(let members)?: fields = members
    case .some(let other): throw FieldReader.wrongType(path, "an object", other)
    }
  }

  static func wrongType(_ path: String, _ expected: String, _ found: Value) -> FleetError {
    var message = "must be \(expected), but is \(shown(found))"
    if expected == "a string" {
      switch found {
      case .integer, .number, .bool: message += "; write it in quotes"
      default: break
      }
    }
    return FleetError(.invalidField, message, key: path.isEmpty ? "the document" : path)
  }

  private static func shown(_ value: Value) -> String {
    switch value {
    case .integer, .number: "the number \(value)"
    case .bool: "the boolean \(value)"
    case .string(let text): "the string \"\(text.prefix(40))\""
    case .null: "null"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The path of a key below this object.
  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value of a key, unless it is absent or null.
  func value(_ key: String) -> Value? {
    guard let value = fields[key], !value.isNull else { return nil }
    return value
  }

  func string(_ key: String) throws(FleetError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw FieldReader.wrongType(path(of: key), "a string", value) }
    return text
  }

  /// A text that defaults to the empty one.
  func text(_ key: String) throws(FleetError) -> String { try string(key) ?? "" }

  func bool(_ key: String) throws(FleetError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let bool = value.bool else { throw FieldReader.wrongType(path(of: key), "true or false", value) }
    return bool
  }

  /// A boolean that defaults to false.
  func flag(_ key: String) throws(FleetError) -> Bool { try bool(key) ?? false }

  func integer(_ key: String) throws(FleetError) -> Int64? {
    guard let value = value(key) else { return nil }
    guard let number = value.integer else { throw FieldReader.wrongType(path(of: key), "an integer", value) }
    return number
  }

  func int(_ key: String) throws(FleetError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int else { throw FieldReader.wrongType(path(of: key), "an integer", value) }
    return number
  }

  func array(_ key: String) throws(FleetError) -> [Value]? {
    guard let value = value(key) else { return nil }
    guard let elements = value.array else { throw FieldReader.wrongType(path(of: key), "a list", value) }
    return elements
  }

  func strings(_ key: String) throws(FleetError) -> [String] {
    var result: [String] = []
    for (index, element) in (try array(key) ?? []).enumerated() {
      guard let text = element.string else {
        throw FieldReader.wrongType("\(path(of: key))[\(index)]", "a string", element)
      }
      result.append(text)
    }
    return result
  }

  func stringMap(_ key: String) throws(FleetError) -> [String: String]? {
    guard let value = value(key) else { return nil }
    guard let members = value.object else { throw FieldReader.wrongType(path(of: key), "an object", value) }
    var result: [String: String] = [:]
    for (name, member) in members where !member.isNull {
      guard let text = member.string else {
        throw FieldReader.wrongType("\(path(of: key)).\(name)", "a string", member)
      }
      result[name] = text
    }
    return result
  }

  /// Labels, checked as Kubernetes checks them.
  func labels(_ key: String) throws(FleetError) -> [String: String] {
    let labels = try stringMap(key) ?? [:]
    for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
      guard Names.isValidLabelKey(name) else {
        throw invalid(
          "\(key).\(name)",
          "cannot be a label's key: use letters, digits, '-', '_' and '.', at most 63, after a DNS name and '/' if need be"
        )
      }
      guard Names.isValidLabelValue(value) else {
        throw invalid(
          "\(key).\(name)",
          "\"\(value.prefix(80))\" cannot be a label's value: use letters, digits, '-', '_' and '.', at most 63, beginning and"
            + " ending with a letter or digit")
      }
    }
    return labels
  }

  /// An object of any content; nil when absent.
  func tree(_ key: String) throws(FleetError) -> Value? {
    guard let value = value(key) else { return nil }
    guard value.object != nil else { throw FieldReader.wrongType(path(of: key), "an object", value) }
    return value
  }

  /// An object of any content; nil when absent or empty, which are the same where this is used.
  func nonEmptyTree(_ key: String) throws(FleetError) -> Value? {
    guard let value = try tree(key) else { return nil }
    return value == [:] ? nil : value
  }

  /// The reader of a nested object; nil when absent.
  func object(_ key: String) throws(FleetError) -> FieldReader? {
    guard let value = value(key) else { return nil }
    return try FieldReader(value, path: path(of: key))
  }

  /// Readers of a list's objects; null elements read as empty ones.
  func objects(_ key: String) throws(FleetError) -> [FieldReader]? {
    guard let elements = try array(key) else { return nil }
    var result: [FieldReader] = []
    result.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      result.append(try FieldReader(element, path: "\(path(of: key))[\(index)]"))
    }
    return result
  }

  /// An error about one of this object's keys.
  func invalid(_ key: String, _ message: String) -> FleetError {
    FleetError(.invalidField, message, key: path(of: key))
  }
}

/// Builds an object's tree out of typed fields, leaving out what is empty, as Go's `omitempty` does.
struct FieldWriter {
  private(set) var fields: [String: Value] = [:]

  var value: Value { .object(fields) }

  mutating func set(_ key: String, _ value: Value?) {
    if let value { fields[key] = value }
  }

  mutating func set(_ key: String, _ text: String) {
    if !text.isEmpty { fields[key] = .string(text) }
  }

  mutating func set(_ key: String, _ flag: Bool) {
    if flag { fields[key] = true }
  }

  mutating func set(_ key: String, _ number: Int) {
    if number != 0 { fields[key] = .integer(Int64(number)) }
  }

  mutating func set(_ key: String, _ number: Int64) {
    if number != 0 { fields[key] = .integer(number) }
  }

  mutating func set(_ key: String, _ strings: [String]) {
    if !strings.isEmpty { fields[key] = Value(strings) }
  }

  mutating func set(_ key: String, _ values: [Value]) {
    if !values.isEmpty { fields[key] = .array(values) }
  }

  mutating func set(_ key: String, _ strings: [String: String]) {
    if !strings.isEmpty { fields[key] = Value(strings) }
  }

  /// Sets an object unless it is empty.
  mutating func setObject(_ key: String, _ value: Value) {
    if let members = value.object, !members.isEmpty { fields[key] = value }
  }
}
