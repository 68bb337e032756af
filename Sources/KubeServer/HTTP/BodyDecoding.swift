import Document

/// Reads request bodies: JSON, YAML or Kubernetes' protobuf by `Content-Type`.
enum BodyDecoding {
  /// The object in a body, and the fields that were in it twice.
  static func object(_ request: APIRequest) throws(KubeError) -> (object: Value, duplicates: [String]) {
    let type = MediaType(request.headers["content-type"] ?? "application/json")
    guard !request.body.isEmpty else {
      throw KubeError.badRequest("the request has no body; send one object as JSON or YAML")
    }
    switch type.name {
    case "application/json", "":
      return (try json(request.body), DuplicateFields.paths(inJSON: request.body))
    case "application/yaml", "application/x-yaml", "text/yaml":
      return (try yaml(request.body), [])
    case ProtobufKinds.mediaType:
      return (try ProtobufKinds.document(request.body), [])
    default:
      throw KubeError.unsupportedMediaType(["application/json", "application/yaml"])
    }
  }

  /// The one JSON value of a body.
  static func json(_ body: [UInt8]) throws(KubeError) -> Value {
    do throws(DocumentError) { return try JSON.parse(body) } catch {
      throw KubeError.badRequest("the body is not valid JSON: \(error)", cause: error)
    }
  }

  /// The one YAML document of a body. Clients mostly send JSON for it, which is read much faster as what it is.
  static func yaml(_ body: [UInt8]) throws(KubeError) -> Value {
    if body.first(where: { $0 > 32 }) == UInt8(ascii: "{"), let value = try? JSON.parse(body) { return value }
    let documents: [Value]
    do { documents = try YAML.parse(body) } catch {
      throw KubeError.badRequest("the body is not valid YAML: \(error)", cause: error)
    }
    guard documents.count == 1, let only = documents.first else {
      throw KubeError.badRequest("the body holds \(documents.count) YAML documents; send exactly one object")
    }
    return only
  }
}
