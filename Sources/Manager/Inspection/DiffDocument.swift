import Document
import Wire

/// An agent's comparison as a document of the API.
struct DiffDocument: Sendable {
  let response: DiffResponse
  let record: DeploymentRecord
  let comparedAt: Timestamp

  /// The document, without `apiVersion` and `kind`.
  func value(name: String, namespace: String) -> Value {
    var counts: [String: Int64] = [:]
    for object in response.objects { counts[Self.word(object.outcome), default: 0] += 1 }
    var value: Value = [
      "metadata": ["namespace": .string(namespace), "name": .string(name)],
      "cluster": .string("\(record.cluster)"), "bundle": .string("\(record.bundle)"),
      "release": .string(response.release), "appliedDeploymentID": .string(response.appliedDeploymentId),
      "deploymentID": .string(response.desiredDeploymentId), "comparedAt": .string(comparedAt.description),
      "differs": .bool(response.leftOutDiffering > 0 || response.objects.contains(where: \.outcome.differs)),
      "counts": .object(counts.mapValues { .integer($0) }), "objects": .array(response.objects.map(Self.object)),
    ]
    for (key, count) in [
      ("leftOut", response.leftOut), ("leftOutDiffering", response.leftOutDiffering),
      ("notCompared", response.notCompared),
    ] where count > 0 { value[key] = .integer(Int64(count)) }
    return value
  }

  private static func object(_ object: DiffedObject) -> Value {
    var value: Value = [
      "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name),
      "state": .string(word(object.outcome)),
    ]
    for (key, text) in [("namespace", object.namespace), ("writer", object.writer), ("reason", object.reason)]
    where !text.isEmpty { value[key] = .string(text) }
    if !object.fields.isEmpty { value["fields"] = .array(object.fields.map(field)) }
    if object.fieldsLeftOut > 0 { value["fieldsLeftOut"] = .integer(Int64(object.fieldsLeftOut)) }
    return value
  }

  private static func field(_ field: DiffedField) -> Value {
    var value: Value = ["path": .string(field.path)]
    if !field.lines.isEmpty { value["lines"] = .string(field.lines) }
    for (key, text) in [("live", field.live), ("desired", field.desired)] where !text.isEmpty {
      value[key] = (try? JSON.parse(text, file: key)) ?? .string(text)
    }
    return value
  }

  private static func word(_ outcome: DiffedObject.Outcome) -> String {
    switch outcome {
    case .same: "same"
    case .modified: "modified"
    case .missing: "missing"
    case .notOwned: "notOwned"
    case .extra: "extra"
    case .ignored: "ignored"
    case .unknown, .unspecified: "unknown"
    }
  }
}
