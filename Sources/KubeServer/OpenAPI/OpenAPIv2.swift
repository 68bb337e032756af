import Document

/// The Swagger 2.0 document of everything, for older clients.
enum OpenAPIv2 {
  /// The document.
  static func document(kinds: [ResourceKind], gitVersion: String) -> Value {
    var definitions = OpenAPINames.common
    var paths: [String: Value] = [:]
    for kind in kinds {
      let name = OpenAPINames.schema(kind)
      definitions[name] = OpenAPIv3.object(kind)
      definitions[name + "List"] = OpenAPIv3.list(kind)
      for (path, item) in OpenAPIPaths(kind: kind, dialect: .v2).items { paths[path] = item }
    }
    return [
      "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(gitVersion)], "paths": .object(paths),
      "definitions": .object(definitions.mapValues(downgrade)),
    ]
  }

  /// What version 2 has no words for: references with siblings, `nullable`, combinations, schemas without shape.
  private static func downgrade(_ schema: Value) -> Value {
    guard var fields = schema.object else { return schema }
    if let target = fields["allOf"]?[0]?["$ref"]?.string ?? fields["$ref"]?.string {
      let name = target.split(separator: "/").last.map(String.init) ?? ""
      var reference: [String: Value] = ["$ref": .string("#/definitions/\(name)")]
      reference["description"] = fields["description"]
      return .object(reference)
    }
    for key in ["nullable", "anyOf", "oneOf", "allOf", "not"] { fields[key] = nil }
    if let properties = fields["properties"]?.object { fields["properties"] = .object(properties.mapValues(downgrade)) }
    if let items = fields["items"] { fields["items"] = downgrade(items) }
    if case .some(.object(let additional)) = fields["additionalProperties"] {
      fields["additionalProperties"] = downgrade(.object(additional))
    } else {
      fields["additionalProperties"] = nil
    }
    return .object(fields)
  }
}
