import Document

extension CoreKinds {
  /// core/v1 Namespace.
  public static let namespace = ResourceKind(
    group: "", version: "v1", kind: "Namespace", shortNames: ["ns"], namespaced: false,
    schema: [
      "type": "object",
      "description": "Namespace provides a scope for Names. Use of multiple namespaces is optional.",
      "properties": [
        "spec": [
          "type": "object", "description": "Spec defines the behavior of the Namespace.",
          "properties": [
            "finalizers": [
              "type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "atomic",
              "description":
                "Finalizers is an opaque list of values that must be empty to permanently remove object from storage.",
            ]
          ],
        ],
        "status": [
          "type": "object", "description": "Status describes the current status of a Namespace.",
          "properties": [
            "phase": [
              "type": "string",
              "description": "Phase is the current lifecycle phase of the namespace: Active or Terminating.",
            ],
            "conditions": [
              "type": "array",
              "description": "Represents the latest available observations of a namespace's current state.",
              "items": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
              "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
              "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "type",
            ],
          ],
        ],
      ],
    ],
    columns: [
      PrinterColumn(
        name: "Status", description: "The status of the namespace", jsonPath: ".status.phase"), .age,
    ],
    hasStatus: true, tracksGeneration: false, nameRule: .label, selectableFields: ["status.phase"],
    offersStrategicMerge: true,
    mutate: { object, _ in
      // Every namespace carries its name as a label, so that selectors can pick it.
      if let name = object.at("metadata", "name") {
        object.set(name, at: "metadata", "labels", "kubernetes.io/metadata.name")
      }
      if object.at("status", "phase") == nil { object.set("Active", at: "status", "phase") }
    })
}
