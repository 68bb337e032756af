import Document

/// The OpenAPI 3.0 document of one group version.
enum OpenAPIv3 {
  private static let reference = "#/components/schemas/"

  /// The document.
  static func document(kinds: [ResourceKind], gitVersion: String) -> Value {
    var schemas = OpenAPINames.common
    var paths: [String: Value] = [:]
    for kind in kinds {
      let name = OpenAPINames.schema(kind)
      schemas[name] = object(kind)
      schemas[name + "List"] = list(kind)
      for (path, item) in OpenAPIPaths(kind: kind, dialect: .v3).items { paths[path] = item }
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(gitVersion)], "paths": .object(paths),
      "components": ["schemas": .object(schemas)],
    ]
  }

  static func object(_ kind: ResourceKind) -> Value {
    var schema = kind.schema
    schema["type"] = "object"
    schema.set(OpenAPINames.apiVersion, at: "properties", "apiVersion")
    schema.set(OpenAPINames.kind, at: "properties", "kind")
    schema.set(
      [
        "description":
          "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
        "allOf": [["$ref": .string(reference + OpenAPINames.objectMeta)]], "default": [:],
      ], at: "properties", "metadata")
    schema["x-kubernetes-group-version-kind"] = [OpenAPINames.groupVersionKind(kind)]
    return schema
  }

  static func list(_ kind: ResourceKind) -> Value {
    [
      "type": "object", "description": .string("\(kind.listKind) is a list of \(kind.kind)."), "required": ["items"],
      "properties": [
        "apiVersion": OpenAPINames.apiVersion, "kind": OpenAPINames.kind,
        "metadata": [
          "description": "Standard list metadata.", "allOf": [["$ref": .string(reference + OpenAPINames.listMeta)]],
        ],
        "items": [
          "type": "array", "description": .string("The \(kind.plural)."),
          "items": ["$ref": .string(reference + OpenAPINames.schema(kind))],
        ],
      ],
      "x-kubernetes-group-version-kind": [OpenAPINames.groupVersionKind(kind, kind.listKind)],
    ]
  }
}
