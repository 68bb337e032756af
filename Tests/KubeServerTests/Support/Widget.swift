import Document
import KubeServer

/// A kind with one of everything: the custom resource of these tests.
enum Widget {
  static let kind = ResourceKind(
    group: "demo.flotilla.io", version: "v1alpha1", kind: "Widget", shortNames: ["wd"], categories: ["demo"],
    schema: schema,
    columns: [
      PrinterColumn(name: "Size", type: "integer", jsonPath: ".spec.size"),
      PrinterColumn(name: "Colour", jsonPath: ".spec.colour", priority: 1),
      PrinterColumn(name: "Seen", type: "date", jsonPath: ".status.seen"),
      PrinterColumn(name: "Status", jsonPath: ".status.conditions[?(@.type==\"Ready\")].message"),
    ],
    validate: { object, old in
      guard let before = old?.at("spec", "fixed"), before != object.at("spec", "fixed") else { return [] }
      return [.invalid("spec.fixed", object.at("spec", "fixed") ?? .null, "field is immutable")]
    })

  static let schema: Value = [
    "type": "object", "description": "A widget.",
    "properties": [
      "spec": [
        "type": "object", "description": "What is wanted.", "required": ["size"],
        "properties": [
          "size": ["type": "integer", "minimum": 1, "maximum": 10, "description": "How big it is."],
          "colour": ["type": "string", "enum": ["red", "green"], "default": "red"],
          "fixed": ["type": "string"],
          "note": ["type": "string", "maxLength": 8, "pattern": "^[a-z]+$"],
          "when": ["type": "string", "format": "date-time"],
          "limit": ["x-kubernetes-int-or-string": true],
          "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
          "tags": ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"],
          "labels": ["type": "object", "additionalProperties": ["type": "string"]],
          "maybe": ["type": "string", "nullable": true],
          "targets": [
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "maxItems": 5,
            "items": [
              "type": "object", "required": ["name"],
              "properties": ["name": ["type": "string"], "weight": ["type": "integer", "default": 1]],
            ],
          ],
        ],
      ],
      "status": [
        "type": "object",
        "properties": [
          "seen": ["type": "string", "format": "date-time"],
          "conditions": [
            "type": "array",
            "items": [
              "type": "object",
              "properties": [
                "type": ["type": "string"], "status": ["type": "string"], "message": ["type": "string"],
              ],
            ],
          ],
        ],
      ],
    ],
  ]

  /// A manifest.
  static func yaml(_ name: String, size: Int = 3, labels: String = "env: dev", more: String = "") -> String {
    """
    apiVersion: demo.flotilla.io/v1alpha1
    kind: Widget
    metadata:
      name: \(name)
      labels: {\(labels)}
    spec:
      size: \(size)
    \(more)
    """
  }
}
