import AsyncHTTPClient
import Document
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// One request to the API server.
struct KubeRequest: Sendable {
  var method: HTTPMethod
  /// The path below the server's address, percent-encoded.
  var path: String
  var query: [(name: String, value: String)] = []
  var accept = "application/json"
  var contentType = "application/json"
  var body: [UInt8]?

  var target: String {
    guard !query.isEmpty else { return path }
    let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
    return "\(path)?\(pairs.joined(separator: "&"))"
  }
}

/// Sends requests: connections, TLS, credentials, retries, limits.
final class Transport: Sendable {
  /// For answers that end.
  private let client: HTTPClient
  /// For watches, whose silence between events is no fault.
  private let watchClient: HTTPClient
  private let base: String
  private let tokens: TokenSource?
  private let headers: HTTPHeaders
  private let limits: KubeClientLimits
  private let logger: Logger

  init(_ config: KubeConfig, userAgent: String, limits: KubeClientLimits, logger: Logger) throws(KubeClientError) {
    let address = try ServerAddress(config.server)
    var settings = HTTPClient.Configuration()
    settings.tlsConfiguration = try config.tlsConfiguration()
    settings.redirectConfiguration = .disallow
    settings.timeout.connect = TimeAmount(limits.connectTimeout)
    settings.timeout.read = TimeAmount(limits.idleTimeout)
    // A refused connection is an answer. Otherwise each request would try until its own time is up.
    settings.connectionPool.retryConnectionEstablishment = false
    // A server that does not speak HTTP/2 needs a connection for each watch and each request under way.
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
    if let name = config.tlsServerName, name != address.host {
      settings.dnsOverride = [name: address.host.trimmingBrackets]
      base = address.base(host: name)
    } else {
      base = address.base()
    }
    var watchSettings = settings
    watchSettings.timeout.read = TimeAmount(limits.watchTimeout + .seconds(30))
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    watchClient = HTTPClient(eventLoopGroupProvider: .singleton, configuration: watchSettings)
    tokens = config.token.map { TokenSource($0, limits: limits) }
    var headers = HTTPHeaders([("user-agent", userAgent)])
    if let user = config.impersonatedUser {
      headers.add(name: "impersonate-user", value: user)
      for group in config.impersonatedGroups { headers.add(name: "impersonate-group", value: group) }
    }
    self.headers = headers
    self.limits = limits
    self.logger = logger
  }

  /// Closes all connections; requests under way fail with `.cancelled`.
  func shutdown() async {
    try? await client.shutdown()
    try? await watchClient.shutdown()
  }

  /// The whole answer's body as bytes.
  ///
  /// - Throws: what the server's failure stands for, after the retries that the limits allow.
  func bytes(_ request: KubeRequest) async throws(KubeClientError) -> ByteBuffer {
    let response = try await send(request, through: client)
    return try await collect(response)
  }

  /// The answer as JSON; an empty body is null.
  func value(_ request: KubeRequest) async throws(KubeClientError) -> Value {
    let body = try await bytes(request)
    guard body.readableBytes > 0 else { return .null }
    return try parse(body)
  }

  /// The body of an answer that goes on until one side ends it.
  func stream(_ request: KubeRequest) async throws(KubeClientError) -> HTTPClientResponse.Body {
    try await send(request, through: watchClient).body
  }

  /// Parses what the server sent.
  func parse(_ body: ByteBuffer) throws(KubeClientError) -> Value {
    do throws(DocumentError) {
      return try JSON.parse(body.readableBytesView, limits: limits.document)
    } catch {
      throw KubeClientError(
        error.code == .limit ? .tooLarge : .malformed, "\(base): the answer is no usable JSON: \(error)", cause: error)
    }
  }

  private func send(_ request: KubeRequest, through client: HTTPClient) async throws(KubeClientError)
    -> HTTPClientResponse
  {
    let policy = RetryPolicy(attempts: limits.attempts, longest: limits.retryDelay)
    var attempt = 0
    var refused: String?
    var reconnected = false
    while true {
      attempt += 1
      let token = try await tokens?.current(refused: refused)
      let response: HTTPClientResponse
      do throws(KubeClientError) {
        response = try await perform(request, token: token, through: client)
      } catch {
        // A kept-alive connection that the server closed meanwhile says nothing about the server. Reading again is harmless.
        guard error.code == .unavailable, request.method == .GET, !reconnected, !Task.isCancelled else { throw error }
        reconnected = true
        continue
      }
      let status = Int(response.status.code)
      if (200..<300).contains(status) { return response }
      let failure = await failure(of: response)
      if status == 401, refused == nil, let token, tokens?.canChange == true {
        refused = token
        continue
      }
      guard let delay = policy.delay(status: status, retryAfter: failure.retryAfter, attempt: attempt) else {
        throw failure
      }
      logger.debug(
        "the API server asks to wait",
        metadata: ["status": "\(status)", "path": "\(request.path)", "delay": "\(delay)", "attempt": "\(attempt)"])
      do {
        try await Task.sleep(for: delay)
      } catch {
        throw KubeClientError(.cancelled, "cancelled while waiting to try again", cause: error)
      }
    }
  }

  private func perform(
    _ request: KubeRequest, token: String?, through client: HTTPClient
  ) async throws(KubeClientError) -> HTTPClientResponse {
    var message = HTTPClientRequest(url: base + request.target)
    message.method = request.method
    message.headers = headers
    message.headers.add(name: "accept", value: request.accept)
    if let token { message.headers.add(name: "authorization", value: "Bearer \(token)") }
    if let body = request.body {
      message.headers.add(name: "content-type", value: request.contentType)
      message.body = .bytes(ByteBuffer(bytes: body))
    }
    do {
      return try await client.execute(message, timeout: TimeAmount(limits.requestTimeout), logger: nil)
    } catch {
      throw connectionError(error)
    }
  }

  private func collect(_ response: HTTPClientResponse) async throws(KubeClientError) -> ByteBuffer {
    var collected = ByteBuffer()
    do {
      for try await var part in response.body {
        guard collected.readableBytes + part.readableBytes <= limits.responseBytes else {
          throw KubeClientError(.tooLarge, "\(base): the answer is longer than \(limits.responseBytes) bytes")
        }
        collected.writeBuffer(&part)
      }
      return collected
    } catch let error as KubeClientError {
      throw error
    } catch {
      throw connectionError(error)
    }
  }

  private func failure(of response: HTTPClientResponse) async -> KubeClientError {
    let status = Int(response.status.code)
    let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
    let body: ByteBuffer
    do throws(KubeClientError) { body = try await collect(response) } catch { body = ByteBuffer() }
    let document = try? JSON.parse(body.readableBytesView, limits: limits.document)
    return KubeClientError(
      status: status, body: document, text: String(decoding: body.readableBytesView.prefix(2048), as: UTF8.self),
      retryAfter: seconds.map { .seconds(max(0, $0)) })
  }

  /// What a failure of the connection means.
  func connectionError(_ error: any Error) -> KubeClientError {
    if let error = error as? KubeClientError { return error }
    if error is CancellationError { return KubeClientError(.cancelled, "cancelled", cause: error) }
    if let error = error as? HTTPClientError {
      switch error {
      case .cancelled, .alreadyShutdown, .requestStreamCancelled:
        return KubeClientError(.cancelled, "\(base): the request was cancelled", cause: error)
      case .deadlineExceeded, .readTimeout, .writeTimeout:
        return KubeClientError(.timeout, "\(base): the API server did not answer in time", cause: error)
      default: break
      }
    }
    if let reason = TLSFailure.explanation(error) {
      return KubeClientError(.unavailable, "\(base): \(reason)", cause: error)
    }
    return KubeClientError(
      .unavailable, "\(base): no connection to the API server: \(Self.describe(error))", cause: error)
  }

  private static func describe(_ error: any Error) -> String {
    let text = String(describing: error)
    return text.count > 400 ? text.prefix(400) + "..." : text
  }
}

/// Says what a failed handshake is about, since BoringSSL's own words help nobody.
private enum TLSFailure {
  static func explanation(_ error: any Error) -> String? {
    let text = String(describing: error)
    guard text.contains("handshakeFailed") || text.contains("NIOSSL") || text.contains("CERTIFICATE") else {
      return nil
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "the server's certificate is not signed by the configured certificate authority, or has expired"
    }
    if text.contains("unableToValidateCertificate") || text.contains("noCertificateToValidate") {
      return "the server's certificate is for another name; set tls-server-name in the kubeconfig"
    }
    return "the TLS handshake failed: \(text.prefix(300))"
  }
}

extension KubeClientLimits {
  var document: DocumentLimits { DocumentLimits(bytes: responseBytes, depth: depth, nodes: .max) }
}

extension String {
  fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
