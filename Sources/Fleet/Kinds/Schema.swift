import Document

/// Builds OpenAPI v3 structural schemas. Every property can be null, because users' manifests say so (checklist A11).
enum Schema {
  static func object(_ description: String, _ properties: [String: Value], required: [String] = []) -> Value {
    var schema: Value = ["type": "object", "description": .string(description)]
    schema["properties"] = .object(
      properties.reduce(into: [:]) { result, property in
        result[property.key] = required.contains(property.key) ? property.value : nullable(property.value)
      })
    if !required.isEmpty { schema["required"] = Value(required) }
    return schema
  }

  private static func nullable(_ schema: Value) -> Value {
    var copy = schema
    copy["nullable"] = true
    return copy
  }

  static func string(
    _ description: String, pattern: String? = nil, minLength: Int? = nil, maxLength: Int? = nil, values: [String] = [],
    format: String? = nil, fallback: String? = nil
  ) -> Value {
    var schema: Value = ["type": "string", "description": .string(description)]
    schema["pattern"] = pattern.map { .string($0) }
    schema["minLength"] = minLength.map { .integer(Int64($0)) }
    schema["maxLength"] = maxLength.map { .integer(Int64($0)) }
    if !values.isEmpty { schema["enum"] = Value(values) }
    schema["format"] = format.map { .string($0) }
    schema["default"] = fallback.map { .string($0) }
    return schema
  }

  static func integer(_ description: String, format: String = "int64", minimum: Int? = nil) -> Value {
    var schema: Value = ["type": "integer", "format": .string(format), "description": .string(description)]
    schema["minimum"] = minimum.map { .integer(Int64($0)) }
    return schema
  }

  static func boolean(_ description: String) -> Value { ["type": "boolean", "description": .string(description)] }

  static func array(_ description: String, of items: Value) -> Value {
    ["type": "array", "description": .string(description), "items": items]
  }

  static func strings(_ description: String) -> Value { array(description, of: ["type": "string"]) }

  static func map(_ description: String, of values: Value = ["type": "string"]) -> Value {
    ["type": "object", "description": .string(description), "additionalProperties": values]
  }

  /// An object whose content is the user's own.
  static func anyObject(_ description: String) -> Value {
    ["type": "object", "description": .string(description), "x-kubernetes-preserve-unknown-fields": true]
  }

  /// A value of any type.
  static func any(_ description: String) -> Value {
    ["description": .string(description), "x-kubernetes-preserve-unknown-fields": true]
  }

  static func intOrString(_ description: String) -> Value {
    ["x-kubernetes-int-or-string": true, "description": .string(description)]
  }

  static func time(_ description: String) -> Value { string(description, format: "date-time") }

  /// A duration (fleet-behaviour §1.1). The rule is checked by ``FleetKind/validate``, which names the units.
  static func duration(_ description: String) -> Value {
    var schema = string(description + " A text such as 15s, 1h30m or 240h.", minLength: 1, maxLength: 32)
    schema["x-kubernetes-validations"] = [
      [
        "rule": .string(durationRule),
        "message": .string(GoDuration.rule),
      ]
    ]
    return schema
  }

  private static let durationRule =
    "self == '0' || (self.matches('^(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|\u{B5}s|\u{3BC}s|ms|s|m|h))+$')"
    + " && duration(self) <= duration('2562047h'))"

  static func selector(_ description: String) -> Value {
    object(
      description,
      [
        "matchLabels": map("Labels that must all be there."),
        "matchExpressions": array(
          "Requirements that must all be met.",
          of: object(
            "One requirement.",
            [
              "key": string("The label's key."),
              "operator": string("In, NotIn, Exists or DoesNotExist."),
              "values": strings("The label's possible values, for In and NotIn."),
            ], required: ["key", "operator"])),
      ])
  }

  /// A whole object: `apiVersion`, `kind`, `metadata` and what the kind adds.
  static func kind(_ description: String, _ properties: [String: Value], required: [String] = []) -> Value {
    var all = properties
    all["apiVersion"] = string("The version of this object's form; fleet.cattle.io/v1alpha1.")
    all["kind"] = string("The object's kind.")
    var schema = object(description, all, required: required)
    schema.set(["type": "object"], at: "properties", "metadata")
    return schema
  }
}
