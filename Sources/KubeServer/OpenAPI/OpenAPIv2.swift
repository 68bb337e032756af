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

  /// The document in protobuf (gnostic's `openapi.v2.Document`), without paths and definitions: who asks for it, as kubectl does before
  /// it applies a `v1 List`, finds no schema to check objects by before they are sent, and the server checks each with its own.
  static func protobuf(gitVersion: String) -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      var length = bytes.count
      var varint: [UInt8] = []
      while length > 0x7F {
        varint.append(UInt8(length & 0x7F) | 0x80)
        length >>= 7
      }
      return [number << 3 | 2] + varint + [UInt8(length)] + bytes
    }
    let info = field(1, Array("Kubernetes".utf8)) + field(2, Array(gitVersion.utf8))
    return field(1, Array("2.0".utf8)) + field(2, info)
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
