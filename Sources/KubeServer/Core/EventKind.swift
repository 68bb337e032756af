import Document

extension CoreKinds {
  private static func text(_ description: String) -> Value { ["type": "string", "description": .string(description)] }
  private static func time(_ description: String) -> Value {
    ["type": "string", "format": "date-time", "description": .string(description), "nullable": true]
  }

  private static let objectReference: Value = [
    "type": "object", "description": "The object that this event is about.", "x-kubernetes-map-type": "atomic",
    "properties": [
      "apiVersion": text("API version of the referent."), "kind": text("Kind of the referent."),
      "name": text("Name of the referent."), "namespace": text("Namespace of the referent."),
      "uid": text("UID of the referent."), "resourceVersion": text("Specific resourceVersion of the referent."),
      "fieldPath": text("Which part of the object this is about."),
    ],
  ]

  private static let eventSchema: Value = [
    "type": "object",
    "description":
      "Event is a report of an event somewhere in the cluster. Events have a limited retention time and triggers and messages may evolve with time.",
    "properties": [
      "involvedObject": objectReference, "related": objectReference,
      "reason": text("A short, machine understandable string that gives the reason for the transition."),
      "message": text("A human-readable description of the status of this operation."),
      "type": text("Type of this event (Normal, Warning), new types could be added in the future."),
      "action": text("What action was taken or failed regarding the regarding object."),
      "count": [
        "type": "integer", "format": "int32", "description": "The number of times this event has occurred.",
      ],
      "firstTimestamp": time("The time at which the event was first recorded."),
      "lastTimestamp": time("The time at which the most recent occurrence of this event was recorded."),
      "eventTime": time("Time when this event was first observed."),
      "reportingComponent": text("Name of the controller that emitted this Event."),
      "reportingInstance": text("ID of the controller instance."),
      "source": [
        "type": "object", "description": "The component reporting this event.",
        "properties": [
          "component": text("Component from which the event is generated."),
          "host": text("Node name on which the event is generated."),
        ],
      ],
      "series": [
        "type": "object", "description": "Data about the series this event represents, if any.",
        "properties": [
          "count": ["type": "integer", "format": "int32", "description": "Occurrences up to the last heartbeat."],
          "lastObservedTime": time("Time of the last occurrence observed."),
        ],
      ],
    ],
    "required": ["involvedObject"],
  ]

  /// `apiVersion`-less reference as kubectl prints it: `gitrepo/name`.
  private static func object(_ event: Value) -> Value {
    let kind = event.at("involvedObject", "kind")?.string?.lowercased() ?? ""
    return .string("\(kind)/\(event.at("involvedObject", "name")?.string ?? "")")
  }

  private static func lastSeen(_ event: Value) -> Value {
    event.at("series", "lastObservedTime") ?? event["lastTimestamp"] ?? event["eventTime"]
      ?? event.at("metadata", "creationTimestamp") ?? .null
  }

  private static func count(_ event: Value) -> Value {
    event.at("series", "count") ?? event["count"] ?? 1
  }

  /// core/v1 Event.
  public static let event = ResourceKind(
    group: "", version: "v1", kind: "Event", shortNames: ["ev"], schema: eventSchema,
    columns: [
      PrinterColumn(name: "Last Seen", type: "date", description: "When the event was last seen.", cell: lastSeen),
      PrinterColumn(name: "Type", description: "Normal or Warning.", jsonPath: ".type"),
      PrinterColumn(name: "Reason", description: "Why, in one word.", jsonPath: ".reason"),
      PrinterColumn(name: "Object", description: "What the event is about.", cell: object),
      PrinterColumn(
        name: "Subobject", description: "Which part of it.", jsonPath: ".involvedObject.fieldPath", priority: 1),
      PrinterColumn(name: "Source", description: "Who reports.", priority: 1) { event in
        event.at("source", "component") ?? event["reportingComponent"] ?? ""
      },
      PrinterColumn(name: "Message", description: "What happened.", jsonPath: ".message"),
      PrinterColumn(
        name: "First Seen", type: "date", description: "When the event was first seen.", priority: 1
      ) { event in event["firstTimestamp"] ?? event["eventTime"] ?? .null },
      PrinterColumn(name: "Count", type: "integer", description: "How often.", priority: 1, cell: count),
      PrinterColumn(
        name: "Name", description: "The event's own name.", jsonPath: ".metadata.name", priority: 1),
    ],
    hasStatus: false, tracksGeneration: false,
    selectableFields: [
      "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
      "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
      "reportingComponent", "source", "type",
    ],
    leadsWithName: false, offersStrategicMerge: true,
    validate: { event, _ in
      let own = event.at("metadata", "namespace")?.string ?? ""
      let involved = event.at("involvedObject", "namespace")?.string ?? ""
      guard involved != own, !(involved.isEmpty && own == "default") else { return [] }
      return [.invalid("involvedObject.namespace", .string(involved), "does not match event.namespace")]
    })
}
