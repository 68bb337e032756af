import Crypto
import Document

/// The OpenAPI documents, made once at start: `/openapi/v3`, one document per group version below it, and
/// `/openapi/v2`.
final class OpenAPIDocuments: Sendable {
  private struct Document {
    let bytes: [UInt8]
    let hash: String
    let contentType: String

    init(_ value: Value) { self.init(JSON.encode(value), contentType: "application/json") }

    init(_ bytes: [UInt8], contentType: String) {
      self.bytes = bytes
      self.contentType = contentType
      hash = Hex.encode(SHA512.hash(data: bytes)).uppercased()
    }
  }

  /// How clients name the protobuf form of version 2; the first is no media type by RFC 6838, and kubectl's.
  private static let protobufNames: Set<String> = [
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  ]

  private let versions: [String: Document]
  private let index: Document
  private let swagger: Document
  private let protobufSwagger: Document

  init(registry: Registry, gitVersion: String) {
    var versions: [String: Document] = [:]
    var paths: [String: Value] = [:]
    for group in [""] + registry.groups {
      for version in registry.versions(of: group) {
        let path = group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)"
        let kinds = registry.kinds(group: group, version: version).map(\.kind)
        let document = Document(OpenAPIv3.document(kinds: kinds, gitVersion: gitVersion))
        versions[path] = document
        paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(document.hash)")]
      }
    }
    self.versions = versions
    index = Document(["paths": .object(paths)])
    swagger = Document(OpenAPIv2.document(kinds: registry.kinds.map(\.kind), gitVersion: gitVersion))
    protobufSwagger = Document(
      OpenAPIv2.protobuf(gitVersion: gitVersion),
      contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
  }

  /// The answer to a path of OpenAPI; nil if it is none.
  func answer(_ segments: [String], _ request: APIRequest) throws(KubeError) -> APIAnswer? {
    guard segments.first == "openapi", segments.count >= 2 else { return nil }
    switch segments[1] {
    case "v2" where segments.count == 2:
      let accepted = MediaType.accepted(request.headers["accept"]).first?.name
      return try accepted.map(Self.protobufNames.contains) == true
        ? answer(protobufSwagger, request) : send(swagger, request)
    case "v3" where segments.count == 2: return try send(index, request)
    case "v3":
      guard let document = versions[segments.dropFirst(2).joined(separator: "/")] else { return nil }
      var answer = try send(document, request)
      // A URL that names the hash never means anything else.
      if request.query["hash"] == document.hash { answer.headers["Cache-Control"] = "public, immutable" }
      return answer
    default: return nil
    }
  }

  private func send(_ document: Document, _ request: APIRequest) throws(KubeError) -> APIAnswer {
    // The protobuf forms of version 3 are not made; clients that ask for nothing else are told so, and go on without.
    let accepted = MediaType.accepted(request.headers["accept"]).map(\.name)
    guard accepted.contains(where: { ["application/json", "application/*", "*/*"].contains($0) }) else {
      throw KubeError.notAcceptable(["application/json"])
    }
    return answer(document, request)
  }

  private func answer(_ document: Document, _ request: APIRequest) -> APIAnswer {
    let tag = "\"\(document.hash)\""
    if request.headers["if-none-match"] == tag {
      return APIAnswer(status: 304, contentType: document.contentType, body: .bytes([]), headers: ["ETag": tag])
    }
    return APIAnswer(contentType: document.contentType, body: .bytes(document.bytes), headers: ["ETag": tag])
  }
}
