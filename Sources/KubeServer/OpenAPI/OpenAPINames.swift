import Document

/// Names of schemas in OpenAPI documents, and the schemas that every document has.
enum OpenAPINames {
  static let objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
  static let listMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
  static let status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
  static let deleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
  static let patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"

  /// `io.cattle.fleet.v1alpha1.GitRepo`; core kinds as Kubernetes names them.
  static func schema(_ kind: ResourceKind) -> String {
    if kind.group.isEmpty { return "io.k8s.api.core.\(kind.version).\(kind.kind)" }
    return (kind.group.split(separator: ".").reversed().map(String.init) + [kind.version, kind.kind])
      .joined(separator: ".")
  }

  static func groupVersionKind(_ kind: ResourceKind, _ name: String? = nil) -> Value {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(name ?? kind.kind)]
  }

  /// Text of `apiVersion` and `kind`, as `kubectl explain` shows it.
  static let apiVersion: Value = [
    "type": "string",
    "description":
      "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
  ]
  static let kind: Value = [
    "type": "string",
    "description":
      "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
  ]

  /// Schemas that paths and kinds refer to.
  static let common: [String: Value] = [
    objectMeta: ObjectMetaSchema.structural,
    listMeta: [
      "type": "object", "description": "ListMeta describes metadata that synthetic resources must have.",
      "properties": [
        "continue": ["type": "string", "description": "Token of the next page."],
        "remainingItemCount": ["type": "integer", "format": "int64", "description": "Objects after this page."],
        "resourceVersion": ["type": "string", "description": "The revision of this list."],
        "selfLink": ["type": "string", "description": "Deprecated, and not filled in."],
      ],
    ],
    status: [
      "type": "object", "description": "Status is a return value for calls that don't return other objects.",
      "properties": [
        "apiVersion": apiVersion, "kind": kind, "code": ["type": "integer", "format": "int32"],
        "details": ["type": "object"], "message": ["type": "string"], "metadata": ["type": "object"],
        "reason": ["type": "string"], "status": ["type": "string"],
      ],
      "x-kubernetes-group-version-kind": [["group": "", "version": "v1", "kind": "Status"]],
    ],
    deleteOptions: [
      "type": "object", "description": "DeleteOptions may be provided when deleting an API object.",
      "properties": [
        "apiVersion": apiVersion, "kind": kind, "dryRun": ["type": "array", "items": ["type": "string"]],
        "gracePeriodSeconds": ["type": "integer", "format": "int64"], "preconditions": ["type": "object"],
        "propagationPolicy": ["type": "string"],
      ],
    ],
    patch: ["type": "object", "description": "Patch is provided to give a concrete name and type to the patch body."],
  ]
}
