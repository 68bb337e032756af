import Document
import Logging
import Testing

@testable import KubeServer

@Suite("the server below its sockets")
struct APIServiceTests {
  private func service(
    _ store: InMemoryStore, _ configure: (inout KubeServerConfiguration) -> Void = { _ in },
    started: StartState = .init(), widget: ResourceKind = Widget.kind
  ) async throws -> APIService {
    var configuration = KubeServerConfiguration(certificates: nil, authenticator: { _ in nil })
    configure(&configuration)
    let registry = try Registry((CoreKinds.all + [widget]).map { ($0, store.storage(for: $0)) })
    let service = APIService(
      configuration: configuration, registry: registry, logger: Logger(label: "t"), started: started)
    try await service.namespaces.makeInitial()
    return service
  }

  private func call(
    _ service: APIService, _ method: String, _ target: String, _ body: Value? = nil,
    headers: [String: String] = [:]
  ) async throws -> (status: Int, body: Value, answer: APIAnswer) {
    let parts = target.split(separator: "?", maxSplits: 1)
    let answer = await service.answer(
      APIRequest(
        method: method, path: String(parts[0]), query: Query(parts.count > 1 ? parts[1] : nil), headers: headers,
        body: body.map { JSON.encode($0) } ?? [], logger: Logger(label: "t")))
    guard case .bytes(let bytes) = answer.body else { return (answer.status, .null, answer) }
    return (answer.status, (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)), answer)
  }

  private let widgets = "/apis/demo.flotilla.io/v1alpha1/namespaces/default/widgets"

  @Test("of many patches at once to one object none is lost")
  func concurrentPatches() async throws {
    let service = try await service(InMemoryStore())
    _ = try await call(service, "POST", widgets, ["metadata": ["name": "x"], "spec": ["size": 1]])
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<64 {
        group.addTask {
          let patch: Value = ["spec": ["labels": ["k\(number)": "v"]]]
          // A client that is told of a conflict tries again; the server has done so itself several times before.
          while true {
            let status = try await call(
              service, "PATCH", "\(widgets)/x?fieldManager=m\(number)", patch,
              headers: ["content-type": "application/merge-patch+json"]
            ).status
            if status != 409 { return status }
          }
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(statuses == [200])
    let object = try await call(service, "GET", "\(widgets)/x").body
    #expect(object.at("spec", "labels")?.object?.count == 64 && object.at("metadata", "generation") == 65)
  }

  @Test("preconditions of a delete are kept, and everything about a Status is where clients look for it")
  func statuses() async throws {
    let service = try await service(InMemoryStore())
    let made = try await call(service, "POST", widgets, ["metadata": ["generateName": "x-"], "spec": ["size": 1]])
    let name = try #require(made.body.at("metadata", "name")?.string)
    #expect(made.status == 201 && name.count == 7)
    let wrong = try await call(service, "DELETE", "\(widgets)/\(name)", ["preconditions": ["uid": "other"]])
    #expect(wrong.status == 409 && wrong.body["reason"] == "Conflict")
    let gone = try await call(service, "DELETE", "\(widgets)/\(name)", ["propagationPolicy": "Foreground"])
    #expect(gone.body["status"] == "Success" && gone.body.at("details", "kind") == "widgets")
    let missing = try await call(service, "GET", "\(widgets)/\(name)")
    #expect(
      missing.body == [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "reason": "NotFound", "code": 404,
        "message": .string("widgets.demo.flotilla.io \"\(name)\" not found"),
        "details": ["name": .string(name), "group": "demo.flotilla.io", "kind": "widgets"],
      ])
    for (method, target, status) in [
      ("POST", "\(widgets)/x", 405), ("PUT", widgets, 405), ("GET", "\(widgets)/x/scale", 404),
      ("GET", "/nothing", 404),
      ("POST", "/version", 405), ("GET", "\(widgets)?limit=-1", 400), ("GET", "\(widgets)?watch=maybe", 400),
      ("DELETE", "\(widgets)/x?dryRun=Some", 400), ("GET", "\(widgets)?labelSelector=%3D%3D", 400),
      ("GET", "/apis/none.example/v1/things", 404), ("GET", "\(widgets)?resourceVersionMatch=Exact", 400),
    ] {
      #expect(try await call(service, method, target).status == status, "\(method) \(target)")
    }
    let protobufOnly = ["accept": "application/vnd.kubernetes.protobuf"]
    #expect(try await call(service, "GET", widgets, headers: protobufOnly).status == 406)
    let body: Value = ["metadata": ["name": "y"]]
    #expect(
      try await call(service, "PATCH", "\(widgets)/y", body, headers: ["content-type": "text/plain"]).status == 415)
  }

  @Test("an answer comes in the shape that was asked for first")
  func shapes() async throws {
    let service = try await service(InMemoryStore())
    _ = try await call(service, "POST", widgets, ["metadata": ["name": "x"], "spec": ["size": 1]])
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    let wide = try await call(service, "GET", "\(widgets)?includeObject=Object", headers: ["accept": table]).body
    #expect(wide["kind"] == "Table" && wide["columnDefinitions"]?.array?.count == 5)
    #expect(
      wide["rows"]?[0]?["cells"] == ["x", 1, "red", nil, nil] && wide["rows"]?[0]?.at("object", "spec", "size") == 1)
    let head = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    let partial = try await call(service, "GET", widgets, headers: ["accept": head]).body
    #expect(partial["kind"] == "PartialObjectMetadataList" && partial["items"]?[0]?["spec"] == nil)
    let yaml = try await call(service, "GET", "\(widgets)/x", headers: ["accept": "application/yaml"])
    #expect(yaml.answer.contentType == "application/yaml" && yaml.body.string?.contains("kind: Widget") == true)
    let groups = try await call(
      service, "GET", "/apis",
      headers: ["accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"])
    #expect(groups.body["kind"] == "APIGroupDiscoveryList" && groups.answer.contentType.contains("v=v2"))
    let document = try await call(service, "GET", "/openapi/v3")
    let url = try #require(document.body.at("paths", "apis/demo.flotilla.io/v1alpha1", "serverRelativeURL")?.string)
    let named = try await call(service, "GET", url)
    #expect(named.answer.headers["Cache-Control"] == "public, immutable")
    let tag = try #require(named.answer.headers["ETag"])
    #expect(try await call(service, "GET", url, headers: ["if-none-match": tag]).status == 304)
  }

  @Test("readiness tells what is missing; further routes are asked with their method, and let in whom they say")
  func routes() async throws {
    let started = StartState()
    let service = try await service(
      InMemoryStore(),
      { configuration in
        configuration.readiness = { "the store is loading" }
        configuration.routes = [
          ExtraRoute(path: "/metrics", requiresAuthentication: true) { _ in .text("up 1\n") },
          ExtraRoute(path: "/webhook", methods: ["POST"], requiresAuthentication: false) { request in
            .text("\(request.headers["x-event"] ?? "") \(request.body.count)", status: 202)
          },
        ]
      }, started: started)
    #expect(try await call(service, "GET", "/readyz").body.string?.contains("starting") == true)
    started.markReady()
    let waiting = try await call(service, "GET", "/readyz")
    #expect(waiting.status == 503 && waiting.body.string?.contains("the store is loading") == true)
    #expect(try await call(service, "GET", "/livez").status == 200)
    #expect(try await call(service, "GET", "/metrics").body == "up 1\n")
    #expect(try await call(service, "GET", "/webhook").status == 405)
    let hook = try await call(service, "POST", "/webhook", ["a": 1], headers: ["x-event": "push"])
    #expect(hook.status == 202 && hook.body == "push 7")
    #expect(service.isPublic("/webhook") && service.isPublic("/readyz") && !service.isPublic("/metrics"))
    #expect(!service.isPublic("/api/v1/secrets"))
  }

  @Test("a view is a document below an object that is read only, discovered, described and authorised as its own")
  func views() async throws {
    var widget = Widget.kind
    widget.views = [
      ResourceView(
        name: "trace", kind: "WidgetTrace", description: "Where it has been.", parameters: ["since": "A time."]
      ) { request in
        guard request.name != "broken" else { throw KubeError(.unavailable, "nobody knows") }
        return ["of": .string("\(request.namespace)/\(request.name)"), "since": .string(request.query["since"] ?? "")]
      }
    ]
    let service = try await service(
      InMemoryStore(),
      { configuration in
        configuration.authorizer = { _, attributes in
          attributes.subresource != "trace" || (attributes.verb == "get" && attributes.name != "private")
        }
      }, widget: widget)
    let read = try await call(service, "GET", "\(widgets)/x/trace?since=now")
    #expect(
      read.body == [
        "apiVersion": "demo.flotilla.io/v1alpha1", "kind": "WidgetTrace", "of": "default/x", "since": "now",
      ])
    let table = ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/yaml"]
    #expect(try await call(service, "GET", "\(widgets)/x/trace", headers: table).body["kind"] == "WidgetTrace")
    let yaml = try await call(service, "GET", "\(widgets)/x/trace", headers: ["accept": "application/yaml"])
    #expect(yaml.body.string?.contains("kind: WidgetTrace\n") == true)
    for (method, target, status) in [
      ("GET", "\(widgets)/broken/trace", 503), ("GET", "\(widgets)/private/trace", 403),
      ("PUT", "\(widgets)/x/trace", 403), ("GET", "\(widgets)/x/trace?watch=true", 403),
      ("GET", "\(widgets)/x/other", 404),
    ] {
      #expect(try await call(service, method, target).status == status, "\(method) \(target)")
    }
    let open = try await self.service(InMemoryStore(), widget: widget)
    for method in ["PUT", "PATCH", "POST", "DELETE"] {
      #expect(try await call(open, method, "\(widgets)/x/trace", [:]).status == 405)
    }
    #expect(try await call(open, "GET", "\(widgets)/x/trace?watch=true").status == 405)

    let plain = try await call(service, "GET", "/apis/demo.flotilla.io/v1alpha1").body
    #expect(
      plain["resources"]?.array?.contains([
        "name": "widgets/trace", "singularName": "", "namespaced": true, "kind": "WidgetTrace", "verbs": ["get"],
      ]) == true)
    let groups = try await call(
      service, "GET", "/apis",
      headers: ["accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"])
    let resource = groups.body["items"]?[0]?["versions"]?[0]?["resources"]?[0]
    #expect(resource?["subresources"]?.array?.compactMap { $0["subresource"]?.string } == ["status", "trace"])
    for (path, item) in [
      ("/openapi/v2", "schema"), ("/openapi/v3/apis/demo.flotilla.io/v1alpha1", "content"),
    ] {
      let paths = try await call(service, "GET", path).body["paths"]
      let get = paths?["/apis/demo.flotilla.io/v1alpha1/namespaces/{namespace}/widgets/{name}/trace"]?["get"]
      #expect(get?["parameters"]?[0]?["name"] == "since" && get?.at("responses", "200", item) != nil, "\(path)")
    }
  }

  @Test("a malformed kind is refused at start, with what is wrong")
  func malformedKinds() {
    let store = InMemoryStore()
    var pattern = Widget.kind
    pattern.schema.set("(", at: "properties", "spec", "properties", "note", "pattern")
    var column = Widget.kind
    column.columns = [PrinterColumn(name: "X", jsonPath: ".a[")]
    for kinds in [[pattern], [column], [Widget.kind, Widget.kind]] {
      #expect(throws: KubeError.self) { try Registry(kinds.map { ($0, store.storage(for: $0)) }) }
    }
  }
}
