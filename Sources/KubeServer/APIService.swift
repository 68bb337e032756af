import Document
import Logging

/// Finds out what a request is about, who is asking, and lets the right part answer. Knows nothing of sockets.
final class APIService: Sendable {
  let configuration: KubeServerConfiguration
  let registry: Registry
  let namespaces: NamespaceLifecycle
  private let discovery: Discovery
  private let openAPI: OpenAPIDocuments
  private let routes: [String: ExtraRoute]
  private let started: StartState

  init(configuration: KubeServerConfiguration, registry: Registry, logger: Logger, started: StartState) {
    self.configuration = configuration
    self.registry = registry
    self.started = started
    namespaces = NamespaceLifecycle(registry: registry, configuration: configuration, logger: logger)
    discovery = Discovery(registry: registry, gitVersion: configuration.gitVersion)
    openAPI = OpenAPIDocuments(registry: registry, gitVersion: configuration.gitVersion)
    routes = Dictionary(configuration.routes.map { ($0.path, $0) }, uniquingKeysWith: { _, last in last })
  }

  /// Whether a path is answered without asking who calls.
  func isPublic(_ path: String) -> Bool {
    if ["/healthz", "/livez", "/readyz"].contains(path) { return true }
    return routes[path].map { !$0.requiresAuthentication } ?? false
  }

  /// The answer to a request; errors are answered as Statuses.
  func answer(_ request: APIRequest) async -> APIAnswer {
    do {
      return try await route(request)
    } catch let error as KubeError {
      if error.code.status >= 500, let cause = error.cause {
        request.logger.warning("request failed", metadata: ["path": "\(request.path)", "error": "\(cause)"])
      }
      return .error(error)
    } catch is CancellationError {
      return .error(KubeError(.unavailable, "the server is shutting down; try again"))
    } catch {
      request.logger.error("request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
      return .error(
        .internalError("the request could not be carried out; the server's log has the reason", cause: error))
    }
  }

  private func route(_ request: APIRequest) async throws -> APIAnswer {
    switch request.path {
    case "/healthz", "/livez": return .text("ok")
    case "/readyz": return await readiness()
    default: break
    }
    if let route = routes[request.path] { return try await answer(route, request) }
    let segments = request.segments
    if let path = ResourcePath(segments) { return try await answer(path, request) }
    try await authorize(request)
    guard request.method == "GET" || request.method == "HEAD" else { throw KubeError.methodNotAllowed() }
    if let answer = try discovery.answer(segments, request) ?? openAPI.answer(segments, request) { return answer }
    throw KubeError.pathNotFound()
  }

  private func answer(_ path: ResourcePath, _ request: APIRequest) async throws -> APIAnswer {
    if let review = AccessReviews.Kind(path) {
      let reviews = AccessReviews(authorizer: configuration.authorizer, registry: registry)
      return try await reviews.answer(review, request)
    }
    guard let served = registry.find(group: path.group, version: path.version, plural: path.resource) else {
      throw KubeError.pathNotFound()
    }
    var attributes = RequestAttributes()
    attributes.verb = ResourceVerbs.verb(
      method: request.method, isCollection: path.name == nil, isWatch: try request.query.bool("watch"))
    attributes.group = path.group
    attributes.resource = path.resource
    attributes.subresource = path.subresource ?? ""
    attributes.namespace = path.namespace ?? ""
    attributes.name = path.name ?? ""
    guard await configuration.authorizer(request.user, attributes) else {
      throw KubeError.forbidden(
        served.kind, name: path.name ?? "",
        "User \"\(request.user.name)\" cannot \(attributes.verb) resource \"\(path.resource)\" in API group "
          + "\"\(path.group)\" " + (path.namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"))
    }
    let verbs = ResourceVerbs(
      served: served, path: path, request: request, namespaces: namespaces, now: configuration.now())
    return try await verbs.answer()
  }

  private func authorize(_ request: APIRequest) async throws {
    var attributes = RequestAttributes()
    attributes.verb = request.method.lowercased()
    attributes.path = request.path
    guard await configuration.authorizer(request.user, attributes) else {
      throw KubeError(
        .forbidden, "forbidden: User \"\(request.user.name)\" cannot \(attributes.verb) path \"\(request.path)\"",
        details: KubeError.Details())
    }
  }

  private func answer(_ route: ExtraRoute, _ request: APIRequest) async throws -> APIAnswer {
    guard route.methods.contains(request.method) else { throw KubeError.methodNotAllowed() }
    if route.requiresAuthentication { try await authorize(request) }
    let response = try await route.handler(
      ExtraRoute.Request(
        method: request.method, path: request.path, query: request.query.flat, headers: request.headers,
        body: request.body))
    return APIAnswer(
      status: response.status, contentType: response.contentType, body: .bytes(response.body),
      headers: response.headers)
  }

  private func readiness() async -> APIAnswer {
    guard started.isReady else { return .text("not ready: the server is starting\n", status: 503) }
    if let missing = await configuration.readiness() { return .text("not ready: \(missing)\n", status: 503) }
    return .text("ok")
  }
}
