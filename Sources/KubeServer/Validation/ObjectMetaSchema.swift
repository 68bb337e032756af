import Document

/// `metav1.ObjectMeta` as a structural schema, for decoding, OpenAPI and server-side apply.
enum ObjectMetaSchema {
  private static func text(_ description: String, format: String? = nil) -> Value {
    var schema: Value = ["type": "string", "description": .string(description)]
    if let format { schema["format"] = .string(format) }
    return schema
  }

  private static func map(_ description: String) -> Value {
    ["type": "object", "description": .string(description), "additionalProperties": ["type": "string"]]
  }

  private static func number(_ description: String) -> Value {
    ["type": "integer", "format": "int64", "description": .string(description)]
  }

  private static let owner: Value = [
    "type": "object",
    "description": "OwnerReference contains enough information to let you identify an owning object.",
    "required": ["apiVersion", "kind", "name", "uid"],
    "x-kubernetes-map-type": "atomic",
    "properties": [
      "apiVersion": text("API version of the referent."),
      "kind": text("Kind of the referent."),
      "name": text("Name of the referent."),
      "uid": text("UID of the referent."),
      "controller": ["type": "boolean", "description": "If true, this reference points to the managing controller."],
      "blockOwnerDeletion": [
        "type": "boolean",
        "description": "If true, and the owner is deleted in the foreground, the owner waits for this object.",
      ],
    ],
  ]

  private static let manager: Value = [
    "type": "object",
    "description": "ManagedFieldsEntry is a workflow-id, a FieldSet and the group version it applies to.",
    "properties": [
      "apiVersion": text("The version of this resource that this field set applies to."),
      "fieldsType": text("The discriminator for the different fields format and version."),
      "fieldsV1": [
        "type": "object", "description": "The fields in the FieldsV1 format.",
        "x-kubernetes-preserve-unknown-fields": true,
      ],
      "manager": text("An identifier of the workflow managing these fields."),
      "operation": text("The type of operation which led to this entry: Apply or Update."),
      "subresource": text("The subresource used to update the object."),
      "time": text("When the entry was added or last changed.", format: "date-time"),
    ],
  ]

  /// The schema.
  static let structural: Value = [
    "type": "object",
    "description": "Standard object's metadata.",
    "properties": [
      "name": text("Unique within a namespace; cannot be updated."),
      "generateName": text("An optional prefix, used by the server to generate a unique name if name is empty."),
      "namespace": text("The space within which the name must be unique; cannot be updated."),
      "uid": text("The unique identity of this object in time and space; set by the server."),
      "resourceVersion": text("The internal version of this object, for optimistic concurrency and watches."),
      "generation": number("A sequence number of the desired state; set by the server."),
      "creationTimestamp": text("When the object was created; set by the server.", format: "date-time"),
      "deletionTimestamp": text("When the object was asked to be deleted; set by the server.", format: "date-time"),
      "deletionGracePeriodSeconds": number("Seconds allowed for the object to terminate gracefully."),
      "selfLink": text("Deprecated, and not filled in."),
      "labels": map("Key-value pairs used to organise and select objects."),
      "annotations": map("Unstructured key-value pairs that tools store with the object."),
      "finalizers": [
        "type": "array",
        "description": "Must be empty before the object is removed; each entry is taken away by who answers for it.",
        "items": ["type": "string"], "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge",
      ],
      "ownerReferences": [
        "type": "array", "description": "The objects this object depends on.", "items": owner,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
        "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "uid",
      ],
      "managedFields": [
        "type": "array",
        "description": "Which workflow set which fields; kept by the server for server-side apply.",
        "items": manager,
      ],
    ],
  ]
}
