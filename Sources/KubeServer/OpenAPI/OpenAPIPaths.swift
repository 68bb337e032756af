import Document

/// The paths of one kind with their operations. Clients look here for what the server understands: kubectl decides by the
/// parameters of the patch operation whether the server validates fields and supports dry runs.
struct OpenAPIPaths {
  /// Swagger 2.0 and OpenAPI 3.0 word parameters and bodies differently.
  enum Dialect {
    case v2
    case v3
  }

  let kind: ResourceKind
  let dialect: Dialect

  /// Path items by path.
  var items: [String: Value] {
    let base = kind.group.isEmpty ? "/api/\(kind.version)" : "/apis/\(kind.group)/\(kind.version)"
    let collection = kind.namespaced ? "\(base)/namespaces/{namespace}/\(kind.plural)" : "\(base)/\(kind.plural)"
    var items = [collection: collectionItem, "\(collection)/{name}": objectItem(status: false)]
    if kind.hasStatus { items["\(collection)/{name}/status"] = objectItem(status: true) }
    for view in kind.views { items["\(collection)/{name}/\(view.name)"] = viewItem(view) }
    if kind.namespaced {
      items["\(base)/\(kind.plural)"] = [
        "get": operation("list", "list\(kind.kind)ForAllNamespaces", Self.listParameters, answers: "List")
      ]
    }
    return items
  }

  private static let writeParameters = ["dryRun", "fieldManager", "fieldValidation"]
  private static let listParameters = [
    "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
    "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch",
  ]
  private static let deleteParameters = ["dryRun", "gracePeriodSeconds", "propagationPolicy"]

  private static let types: [String: String] = [
    "allowWatchBookmarks": "boolean", "sendInitialEvents": "boolean", "watch": "boolean", "force": "boolean",
    "limit": "integer", "timeoutSeconds": "integer", "gracePeriodSeconds": "integer",
  ]

  private var scope: [String] { kind.namespaced ? ["namespace"] : [] }

  private var collectionItem: Value {
    var item: Value = [
      "get": operation("list", "list\(kind.kind)", Self.listParameters, answers: "List"),
      "post": operation("post", "create\(kind.kind)", Self.writeParameters, body: OpenAPINames.schema(kind)),
      "parameters": .array(scope.map(pathParameter)),
    ]
    if Discovery.verbs(kind).contains("deletecollection") {
      item["delete"] = operation(
        "deletecollection", "deleteCollection\(kind.kind)", Self.listParameters + Self.deleteParameters,
        body: OpenAPINames.deleteOptions)
    }
    return item
  }

  private func objectItem(status: Bool) -> Value {
    let suffix = status ? "Status" : ""
    var item: Value = [
      "get": operation("get", "read\(kind.kind)\(suffix)", []),
      "put": operation(
        "put", "replace\(kind.kind)\(suffix)", Self.writeParameters, body: OpenAPINames.schema(kind)),
      "patch": operation(
        "patch", "patch\(kind.kind)\(suffix)", Self.writeParameters + ["force"], body: OpenAPINames.patch),
      "parameters": .array((["name"] + scope).map(pathParameter)),
    ]
    if !status {
      item["delete"] = operation(
        "delete", "delete\(kind.kind)", Self.deleteParameters, body: OpenAPINames.deleteOptions)
    }
    return item
  }

  private func viewItem(_ view: ResourceView) -> Value {
    let suffix = view.name.prefix(1).uppercased() + view.name.dropFirst()
    var get: Value = [
      "operationId": .string("read\(kind.kind)\(suffix)"), "x-kubernetes-action": "get",
      "description": .string(view.description),
      "parameters": .array(
        view.parameters.sorted { $0.key < $1.key }.map { name, description in
          var parameter = queryParameter(name)
          parameter["description"] = .string(description)
          return parameter
        }),
    ]
    let produced = ["application/json", "application/yaml"]
    switch dialect {
    case .v2:
      get["produces"] = Value(produced)
      get["responses"] = ["200": ["description": "OK", "schema": ["type": "object"]]]
    case .v3: get["responses"] = ["200": ["description": "OK", "content": content(produced, ["type": "object"])]]
    }
    return ["get": get, "parameters": .array((["name"] + scope).map(pathParameter))]
  }

  private var patchTypes: [String] {
    var types = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
    if kind.offersStrategicMerge { types.append("application/strategic-merge-patch+json") }
    return types
  }

  private func operation(
    _ action: String, _ id: String, _ query: [String], body: String? = nil, answers suffix: String = ""
  ) -> Value {
    let consumed = action == "patch" ? patchTypes : ["application/json", "application/yaml"]
    var operation: Value = [
      "operationId": .string(id), "x-kubernetes-action": .string(action),
      "x-kubernetes-group-version-kind": OpenAPINames.groupVersionKind(kind),
    ]
    var parameters = query.map(queryParameter)
    let answer = reference(OpenAPINames.schema(kind) + suffix)
    let produced = ["application/json", "application/yaml"]
    switch dialect {
    case .v2:
      operation["produces"] = Value(produced)
      if let body {
        operation["consumes"] = Value(consumed)
        parameters.append([
          "name": "body", "in": "body", "required": .bool(action != "delete"), "schema": reference(body),
        ])
      }
      operation["responses"] = ["200": ["description": "OK", "schema": answer]]
    case .v3:
      if let body {
        operation["requestBody"] = ["content": content(consumed, reference(body))]
      }
      operation["responses"] = ["200": ["description": "OK", "content": content(produced, answer)]]
    }
    operation["parameters"] = .array(parameters)
    return operation
  }

  private func content(_ types: [String], _ schema: Value) -> Value {
    .object(Dictionary(uniqueKeysWithValues: types.map { ($0, ["schema": schema]) }))
  }

  private func reference(_ name: String) -> Value {
    ["$ref": .string((dialect == .v3 ? "#/components/schemas/" : "#/definitions/") + name)]
  }

  private func queryParameter(_ name: String) -> Value {
    parameter(name, place: "query", type: Self.types[name] ?? "string", required: false)
  }

  private func pathParameter(_ name: String) -> Value { parameter(name, place: "path", type: "string", required: true) }

  private func parameter(_ name: String, place: String, type: String, required: Bool) -> Value {
    var parameter: Value = ["name": .string(name), "in": .string(place), "uniqueItems": true]
    if required { parameter["required"] = true }
    switch dialect {
    case .v2: parameter["type"] = .string(type)
    case .v3: parameter["schema"] = ["type": .string(type), "uniqueItems": true]
    }
    return parameter
  }
}
