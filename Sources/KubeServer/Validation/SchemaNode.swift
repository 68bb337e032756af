import Document
import Foundation

/// A structural schema, compiled once per kind: what pruning, defaulting, validation and server-side apply walk along.
final class SchemaNode: Sendable {
  /// What keys beside `properties` an object may have.
  enum Additional: Sendable {
    /// None: they are unknown fields.
    case none
    /// Any, with values of any shape.
    case any
    /// Any, with values of this schema.
    case schema(SchemaNode)
  }

  /// How server-side apply sees a list.
  enum ListType: Sendable, Equatable {
    case atomic
    case set
    case map(keys: [String])
  }

  let type: String?
  let format: String?
  let properties: [String: SchemaNode]
  let additional: Additional
  let items: SchemaNode?
  let required: [String]
  let enumeration: [Value]
  let pattern: String?
  let expression: NSRegularExpression?
  let minimum: Double?
  let maximum: Double?
  let exclusiveMinimum: Bool
  let exclusiveMaximum: Bool
  let minLength: Int?
  let maxLength: Int?
  let minItems: Int?
  let maxItems: Int?
  let minProperties: Int?
  let maxProperties: Int?
  let defaultValue: Value?
  let nullable: Bool
  let intOrString: Bool
  let preservesUnknown: Bool
  let listType: ListType
  let mapIsAtomic: Bool
  let allOf: [SchemaNode]
  let anyOf: [SchemaNode]
  let oneOf: [SchemaNode]
  let not: SchemaNode?

  /// Compiles a schema. A malformed one is a programming error of the kind's author and is reported as `internalError`.
  init(compiling schema: Value, depth: Int = 0) throws(KubeError) {
    guard depth < Limits.depth else { throw KubeError.internalError("schema nests deeper than \(Limits.depth) levels") }
    func child(_ value: Value) throws(KubeError) -> SchemaNode { try SchemaNode(compiling: value, depth: depth + 1) }
    func children(_ key: String) throws(KubeError) -> [SchemaNode] {
      var nodes: [SchemaNode] = []
      for value in schema[key]?.array ?? [] { nodes.append(try child(value)) }
      return nodes
    }
    type = schema["type"]?.string
    format = schema["format"]?.string
    var properties: [String: SchemaNode] = [:]
    for (name, value) in schema["properties"]?.object ?? [:] { properties[name] = try child(value) }
    self.properties = properties
    preservesUnknown = schema["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
    switch schema["additionalProperties"] {
    case .some(.object(let fields)): additional = .schema(try child(.object(fields)))
    case .some(.bool(true)): additional = .any
    default: additional = .none
    }
    items = try schema["items"].map { (value) throws(KubeError) in try child(value) }
    required = (schema["required"]?.array ?? []).compactMap(\.string)
    enumeration = schema["enum"]?.array ?? []
    pattern = schema["pattern"]?.string
    if let pattern {
      do { expression = try NSRegularExpression(pattern: pattern) } catch {
        throw KubeError.internalError("schema has a pattern that does not compile: \(pattern)", cause: error)
      }
    } else {
      expression = nil
    }
    minimum = schema["minimum"]?.double
    maximum = schema["maximum"]?.double
    exclusiveMinimum = schema["exclusiveMinimum"]?.bool ?? false
    exclusiveMaximum = schema["exclusiveMaximum"]?.bool ?? false
    minLength = schema["minLength"]?.int
    maxLength = schema["maxLength"]?.int
    minItems = schema["minItems"]?.int
    maxItems = schema["maxItems"]?.int
    minProperties = schema["minProperties"]?.int
    maxProperties = schema["maxProperties"]?.int
    defaultValue = schema["default"]
    nullable = schema["nullable"]?.bool ?? false
    intOrString = schema["x-kubernetes-int-or-string"]?.bool ?? (schema["format"]?.string == "int-or-string")
    let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
    switch schema["x-kubernetes-list-type"]?.string {
    case "set": listType = .set
    case "map": listType = .map(keys: keys.sorted())
    default: listType = .atomic
    }
    mapIsAtomic = schema["x-kubernetes-map-type"]?.string == "atomic"
    allOf = try children("allOf")
    anyOf = try children("anyOf")
    oneOf = try children("oneOf")
    not = try schema["not"].map { (value) throws(KubeError) in try child(value) }
  }

  /// The schema of a value of an object's key; nil if nothing is known of it.
  func property(_ name: String) -> SchemaNode? {
    if let known = properties[name] { return known }
    if case .schema(let node) = additional { return node }
    return nil
  }

  /// Whether a key may be there.
  func knows(_ name: String) -> Bool {
    if properties[name] != nil || preservesUnknown { return true }
    if case .none = additional { return false }
    return true
  }

  /// The whole-object schema of a kind, with the parts that every object has.
  static func compile(root schema: Value) throws(KubeError) -> SchemaNode {
    var schema = schema
    schema.set("object", at: "type")
    schema.set(["type": "string"], at: "properties", "apiVersion")
    schema.set(["type": "string"], at: "properties", "kind")
    schema.set(ObjectMetaSchema.structural, at: "properties", "metadata")
    return try SchemaNode(compiling: schema)
  }
}
