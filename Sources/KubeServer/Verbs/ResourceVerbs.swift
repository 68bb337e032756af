import Document

/// Answers the requests to one kind's paths.
struct ResourceVerbs: Sendable {
  let served: ServedKind
  let path: ResourcePath
  let request: APIRequest
  let namespaces: NamespaceLifecycle
  let now: Int64

  var kind: ResourceKind { served.kind }

  /// Which part of the object the path's subresource stands for.
  private func part() throws(KubeError) -> ObjectRules.Part {
    switch path.subresource {
    case nil: return .main
    case "status" where kind.hasStatus: return .status
    default: throw KubeError.pathNotFound()
    }
  }

  /// Runs the verb that method and path mean.
  func answer() async throws -> APIAnswer {
    guard kind.namespaced || path.namespace == nil else { throw KubeError.pathNotFound() }
    if let view = kind.views.first(where: { $0.name == path.subresource }) { return try await answer(view) }
    let part = try part()
    guard let name = path.name else {
      switch request.method {
      case "GET": return try await request.query.bool("watch") ? watch() : list()
      case "POST":
        guard !kind.namespaced || path.namespace != nil else { throw KubeError.methodNotAllowed() }
        return try await create()
      case "DELETE": return try await deleteCollection()
      default: throw KubeError.methodNotAllowed()
      }
    }
    guard !kind.namespaced || path.namespace != nil else { throw KubeError.pathNotFound() }
    switch request.method {
    case "GET": return try await request.query.bool("watch") ? watch(name: name) : get(name)
    case "PUT": return try await replace(name, part)
    case "PATCH": return try await patch(name, part)
    case "DELETE":
      guard part == .main else { throw KubeError.methodNotAllowed() }
      return try await delete(name)
    default: throw KubeError.methodNotAllowed()
    }
  }

  private func answer(_ view: ResourceView) async throws -> APIAnswer {
    guard let name = path.name, path.namespace != nil || !kind.namespaced else { throw KubeError.pathNotFound() }
    guard request.method == "GET", try !request.query.bool("watch") else { throw KubeError.methodNotAllowed() }
    var document = try await view.read(
      ResourceView.Request(namespace: path.namespace ?? "", name: name, query: request.query.flat))
    document["apiVersion"] = .string(kind.apiVersion)
    document["kind"] = .string(view.kind)
    let representation = try request.representation()
    // There is no other shape of it than its own.
    return .document(document, as: Representation(shape: .object, syntax: representation.syntax))
  }

  /// The verb for authorisation.
  static func verb(method: String, isCollection: Bool, isWatch: Bool) -> String {
    switch method {
    case "GET": isWatch ? "watch" : isCollection ? "list" : "get"
    case "POST": "create"
    case "PUT": "update"
    case "PATCH": "patch"
    case "DELETE": isCollection ? "deletecollection" : "delete"
    default: method.lowercased()
    }
  }

  /// One object in the shape the client wants.
  func shaped(_ object: Value, status: Int = 200, warnings: [String] = []) throws -> APIAnswer {
    let representation = try request.representation()
    let value: Value
    switch representation.shape {
    case .object: value = object
    case .partial: value = PartialObject.metadata(of: object)
    case .table(let include):
      let version = object.at("metadata", "resourceVersion") ?? ""
      value = served.table.table(
        of: [object], listMetadata: ["resourceVersion": version], include: include, now: now)
    }
    return .document(value, as: representation, status: status, warnings: warnings)
  }
}
