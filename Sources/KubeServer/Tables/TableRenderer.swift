import Document

/// Makes `meta.k8s.io/v1` Tables of objects: NAME, then the kind's columns.
struct TableRenderer: Sendable {
  /// Which part of each object goes into its row: the `includeObject` query parameter.
  enum IncludeObject: String, Sendable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"
  }

  private struct Column: Sendable {
    let definition: PrinterColumn
    let path: JSONPath?
  }

  private let columns: [Column]
  private let leadsWithName: Bool

  /// Compiles the kind's column paths.
  init(_ kind: ResourceKind) throws(KubeError) {
    var columns: [Column] = []
    for definition in kind.columns.isEmpty ? [.age] : kind.columns {
      let path = definition.cell == nil ? try JSONPath(definition.jsonPath) : nil
      columns.append(Column(definition: definition, path: path))
    }
    self.columns = columns
    leadsWithName = kind.leadsWithName
  }

  /// A table. `definitions` is false for the later events of a watch, which need no headings.
  func table(
    of objects: [Value], listMetadata: Value, include: IncludeObject, now: Int64, definitions: Bool = true
  ) -> Value {
    [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": listMetadata,
      "columnDefinitions": .array(definitions ? columnDefinitions : []),
      "rows": .array(objects.map { row($0, include, now) }),
    ]
  }

  private var columnDefinitions: [Value] {
    let name: Value = [
      "name": "Name", "type": "string", "format": "name", "priority": 0,
      "description":
        "Name must be unique within a namespace. Is required when creating resources. Cannot be updated.",
    ]
    return (leadsWithName ? [name] : [])
      + columns.map { column in
        [
          "name": .string(column.definition.name),
          "type": .string(column.definition.type == "date" ? "string" : column.definition.type),
          "format": .string(column.definition.format),
          "description": .string(column.definition.description),
          "priority": .integer(Int64(column.definition.priority)),
        ]
      }
  }

  private func row(_ object: Value, _ include: IncludeObject, _ now: Int64) -> Value {
    var cells: [Value] = leadsWithName ? [object.at("metadata", "name") ?? ""] : []
    for column in columns { cells.append(cell(column, object, now)) }
    var row: Value = ["cells": .array(cells)]
    switch include {
    case .none: break
    case .metadata: row["object"] = PartialObject.metadata(of: object)
    case .object: row["object"] = object
    }
    return row
  }

  private func cell(_ column: Column, _ object: Value, _ now: Int64) -> Value {
    let value = column.definition.cell?(object) ?? column.path?.values(in: object).first ?? .null
    switch column.definition.type {
    case "integer":
      if case .number(let number) = value { return .integer(Int64(number)) }
      return value.integer == nil ? .null : value
    case "number": return value.double == nil ? .null : value
    case "boolean": return value.bool == nil ? .null : value
    case "date":
      guard let text = value.string else { return .null }
      guard let time = Timestamp(text)?.seconds else { return "<invalid>" }
      return .string(HumanDuration.text(seconds: now - time))
    default:
      switch value {
      case .null, .string: return value
      default: return .string(JSON.string(value))
      }
    }
  }
}

/// `PartialObjectMetadata`: an object's head without its body.
enum PartialObject {
  /// The head of one object.
  static func metadata(of object: Value) -> Value {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
    ]
  }
}
