import Document
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import KubeClient

@Suite("KubeClient and servers that misbehave") struct HTTPBehaviourTests {
  /// One answer that the server gives; nil body and status close the connection instead.
  private struct Answer: Sendable {
    var status = HTTPResponseStatus.ok
    var headers: [(String, String)] = []
    var body = "{}"
    var closes = false
    var hangs = false
  }

  /// A server on loopback that gives its answers one after the other, the last again and again.
  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    let answer: @Sendable (HTTPRequestHead) -> Answer
    var head: HTTPRequestHead?

    init(answer: @escaping @Sendable (HTTPRequestHead) -> Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): self.head = head
      case .body: break
      case .end:
        guard let head else { return }
        let answer = answer(head)
        if answer.closes { return context.close(promise: nil) }
        if answer.hangs { return }
        var headers = HTTPHeaders(answer.headers)
        headers.add(name: "content-length", value: String(answer.body.utf8.count))
        context.write(
          wrapOutboundOut(.head(.init(version: .http1_1, status: answer.status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }

  private func withServer<Result: Sendable>(
    _ answers: [Answer], limits: KubeClientLimits = .init(), token: KubeConfig.Token? = nil,
    _ body: (KubeClient, _ requests: @Sendable () -> [HTTPRequestHead]) async throws -> Result
  ) async throws -> Result {
    let state = SharedState(answers)
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler { state.answer(to: $0) })
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    var config = KubeConfig(server: "http://127.0.0.1:\(server.localAddress?.port ?? 0)")
    config.token = token
    let client = try KubeClient(config: config, limits: limits, logger: Logger(label: "test"))
    do {
      let result = try await body(client) { state.requests.withLock { $0 } }
      await client.shutdown()
      try await server.close()
      return result
    } catch {
      await client.shutdown()
      try await server.close()
      throw error
    }
  }

  private final class SharedState: Sendable {
    private let answers: Mutex<[Answer]>
    let requests = Mutex<[HTTPRequestHead]>([])

    init(_ answers: [Answer]) { self.answers = Mutex(answers) }

    func answer(to head: HTTPRequestHead) -> Answer {
      requests.withLock { $0.append(head) }
      return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? Answer() }
    }
  }

  private func failure(_ body: () async throws -> some Any) async -> KubeClientError? {
    do {
      _ = try await body()
      return nil
    } catch { return error as? KubeClientError }
  }

  @Test("a busy server is asked again, a few times, and not sooner than it wants")
  func retries() async throws {
    let busy = Answer(status: .tooManyRequests, headers: [("Retry-After", "1")])
    try await withServer([busy, Answer(body: #"{"gitVersion":"v1"}"#)]) { client, requests in
      let clock = ContinuousClock()
      let began = clock.now
      let version = try await client.serverVersion()
      #expect(version["gitVersion"] == "v1")
      #expect(clock.now - began >= .seconds(1) && requests().count == 2)
    }
    var limits = KubeClientLimits()
    limits.retryDelay = .milliseconds(10)
    let down = Answer(status: .serviceUnavailable, headers: [("Retry-After", "3600")], body: "down for maintenance")
    try await withServer([down], limits: limits) { client, requests in
      let error = await failure { try await client.create(.configMaps, ["metadata": ["name": "x", "namespace": "y"]]) }
      #expect(error?.code == .unavailable && error?.status == 503 && requests().count == 4)
      #expect(error?.message == "create configmap y/x: HTTP status 503: down for maintenance")
    }
    #expect(RetryPolicy(attempts: 4, longest: .seconds(10)).delay(status: 500, retryAfter: nil, attempt: 1) == nil)
    #expect(
      RetryPolicy(attempts: 4, longest: .seconds(10)).delay(status: 429, retryAfter: nil, attempt: 3) == .seconds(1))
  }

  @Test("a reading is repeated once on a broken connection, a writing never")
  func brokenConnections() async throws {
    try await withServer([Answer(closes: true), Answer()]) { client, requests in
      _ = try await client.serverVersion()
      #expect(requests().count == 2)
    }
    try await withServer([Answer(closes: true)]) { client, requests in
      let error = await failure { try await client.create(.namespaces, ["metadata": ["name": "x"]]) }
      #expect(error?.code == .unavailable && requests().count == 1)
    }
  }

  @Test("a server that hangs, rambles or talks nonsense is refused in time")
  func nonsense() async throws {
    var limits = KubeClientLimits()
    limits.requestTimeout = .milliseconds(200)
    limits.responseBytes = 100
    try await withServer([Answer(hangs: true)], limits: limits) { client, _ in
      #expect(await failure { try await client.serverVersion() }?.code == .timeout)
    }
    try await withServer([Answer(body: "\"" + String(repeating: "x", count: 200) + "\"")], limits: limits) {
      client, _ in
      #expect(await failure { try await client.serverVersion() }?.code == .tooLarge)
    }
    try await withServer([Answer(body: "<html>")], limits: limits) { client, _ in
      #expect(await failure { try await client.serverVersion() }?.code == .malformed)
      #expect(await failure { try await client.list(.configMaps) }?.code == .malformed)
    }
    try await withServer([Answer(status: .notFound, body: "404 page not found")]) { client, _ in
      let error = await failure { try await client.get(.namespaces, name: "x") }
      #expect(error?.code == .notFound && error?.message == "get namespace x: HTTP status 404: 404 page not found")
    }
  }

  @Test("every request carries the credentials and the client's name, and a query is encoded")
  func headers() async throws {
    try await withServer([Answer(body: #"{"metadata":{"resourceVersion":"1"},"items":null}"#)], token: .fixed("t0ken"))
    { client, requests in
      _ = try await client.list(.configMaps, labelSelector: try LabelSelector(parsing: "a in (b,c)"), limit: 5)
      let head = try #require(requests().first)
      #expect(
        head.headers.first(name: "authorization") == "Bearer t0ken"
          && head.headers.first(name: "user-agent") == "flotilla")
      #expect(head.uri == "/api/v1/configmaps?labelSelector=a%20in%20%28b%2Cc%29&limit=5")
    }
  }

  @Test("a group version that fails alone is named, and the others are found")
  func partialDiscovery() async throws {
    let answers = [
      Answer(status: .notFound),
      Answer(
        body:
          #"{"kind":"APIGroupList","groups":[{"versions":[{"groupVersion":"a.io/v1"}]},{"versions":[{"groupVersion":"b.io/v1"}]}]}"#
      ),
      Answer(body: #"{"resources":[{"name":"as","kind":"A","verbs":["get"]}]}"#),
      Answer(status: .internalServerError, body: "no backend"),
    ]
    var limits = KubeClientLimits()
    limits.discoveryRequests = 1
    try await withServer(answers, limits: limits) { client, _ in
      let discovery = try await client.discovery()
      #expect(discovery.resource(apiVersion: "a.io/v1", kind: "A") != nil)
      #expect(discovery.failures == ["b.io/v1": "HTTP status 500: no backend"])
    }
  }
}
