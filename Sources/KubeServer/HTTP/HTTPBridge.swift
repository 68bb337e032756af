import Document
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Carries requests and answers between Hummingbird and ``APIService``: bodies within limits, time limits, headers.
struct HTTPBridge: HTTPResponder {
  typealias Context = BasicRequestContext

  let service: APIService
  let configuration: KubeServerConfiguration
  let logger: Logger

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    let began = ContinuousClock.now
    let target = request.head.path ?? "/"
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts.first.map(String.init) ?? "/"
    let answer = await answer(request, path: path, query: Query(parts.count > 1 ? parts[1] : nil))
    logger.debug(
      "request",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(path)", "status": "\(answer.status)",
        "ms": "\((ContinuousClock.now - began) / .milliseconds(1))",
      ])
    return response(answer, to: request)
  }

  private func answer(_ request: Request, path: String, query: Query) async -> APIAnswer {
    var headers: [String: String] = [:]
    for field in request.headers {
      let name = field.name.canonicalName
      headers[name] = headers[name].map { "\($0),\(field.value)" } ?? field.value
    }
    var user = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
    // Who may not ask is told so before their body is read.
    if !service.isPublic(path) {
      guard let known = await configuration.authenticator(headers) else {
        return .error(KubeError(.unauthorized, "Unauthorized"))
      }
      user = known
    }
    do {
      return try await withTimeLimit { [headers, user] in
        let call = APIRequest(
          method: request.method.rawValue, path: path, query: query, headers: headers,
          body: try await body(of: request), user: user, logger: logger)
        return await service.answer(call)
      }
    } catch let error as KubeError {
      return .error(error)
    } catch {
      return .error(.badRequest("the request could not be read: \(error)", cause: error))
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    let limit = configuration.maximumBodyBytes
    if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
      throw KubeError.entityTooLarge(limit: limit)
    }
    guard request.method != .get, request.method != .head else { return [] }
    do {
      let buffer = try await request.body.collect(upTo: limit)
      return Array(buffer.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw KubeError.entityTooLarge(limit: limit)
    }
  }

  /// Answers 504 where the work takes too long. A watch is not work: its answer is there at once.
  private func withTimeLimit(_ work: @escaping @Sendable () async throws -> APIAnswer) async throws -> APIAnswer {
    try await withThrowingTaskGroup(of: APIAnswer?.self) { group in
      group.addTask { try await work() }
      group.addTask {
        try? await Task.sleep(for: .seconds(Limits.requestSeconds))
        return nil
      }
      let first = try await group.next() ?? nil
      group.cancelAll()
      guard let first else {
        throw KubeError(
          .timeout, "the server did not finish within \(Limits.requestSeconds) s; the write may have happened")
      }
      return first
    }
  }

  private func response(_ answer: APIAnswer, to request: Request) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = answer.contentType
    headers[.cacheControl] = "no-cache, private"
    for warning in answer.warnings { headers.append(HTTPField(name: Self.warning, value: Self.warn(warning))) }
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let status = HTTPResponse.Status(code: answer.status)
    switch answer.body {
    case .bytes(let bytes):
      let response = Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
      return request.method == .head ? response.createHeadResponse() : response
    case .watch(let watch):
      // The connection is not used again after a watch, and the client should not try.
      headers[.connection] = "close"
      return Response(status: status, headers: headers, body: stream(watch, request))
    }
  }

  private func stream(_ watch: Watch, _ request: Request) -> ResponseBody {
    ResponseBody { writer in
      let mailbox = WatchMailbox()
      let began = ContinuousClock.now
      defer {
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        logger.debug("watch ended", metadata: ["resource": "\(watch.served.kind.groupResource)", "s": "\(seconds)"])
      }
      try await request.body.consumeWithInboundCloseHandler { _ in
        try await watch.run(mailbox: mailbox) { bytes in try await writer.write(ByteBuffer(bytes: bytes)) }
      } onInboundClosed: {
        mailbox.end(nil)
      }
      try await writer.finish(nil)
    }
  }

  private static let warning = HTTPField.Name("Warning") ?? .cacheControl

  /// RFC 7234 warn-code 299 with a quoted text.
  private static func warn(_ text: String) -> String {
    let safe = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 32 || scalar.value == 127: " "
      default: String(scalar)
      }
    }
    return "299 - \"\(safe.joined())\""
  }
}
