import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers probes and scrapes of a process that has no API: HTTP/1.1 without TLS and without credentials, so what it tells
/// must be fit for anybody who can reach the port.
public struct HealthServer: Sendable {
  /// What a path is answered with.
  public struct Answer: Sendable, Hashable {
    /// The HTTP status, 200 for what is well and 503 for what is not.
    public var status: Int
    /// The body's media type.
    public var contentType: String
    /// The body.
    public var body: [UInt8]

    /// A text, with a line's end.
    public init(_ status: Int, _ text: String) {
      self.init(status, contentType: "text/plain; charset=utf-8", body: Array("\(text)\n".utf8))
    }

    /// Any body.
    public init(_ status: Int, contentType: String, body: [UInt8]) {
      self.status = status
      self.contentType = contentType
      self.body = body
    }
  }

  /// Connections at the same time; more wait.
  public static let connections = 32
  /// How long a connection may take for its request and the answer.
  public static let deadline = Duration.seconds(10)

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  private let host: String
  private let port: Int
  private let answer: @Sendable (_ path: String) async -> Answer?

  /// A server that listens nowhere yet.
  ///
  /// - Parameters:
  ///   - port: 0 picks a free one.
  ///   - answer: what a path's GET is answered with; nil is 404.
  public init(host: String, port: Int, answer: @escaping @Sendable (_ path: String) async -> Answer?) {
    self.host = host
    self.port = port
    self.answer = answer
  }

  /// Listens and answers until the task is cancelled.
  ///
  /// - Parameter onListening: told the port, once there is one.
  /// - Throws: the system's error where the address cannot be listened on.
  public func run(onListening: @Sendable (Int) -> Void = { _ in }) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
    onListening(server.channel.localAddress?.port ?? port)
    try await server.executeThenClose { arriving in
      try await withThrowingTaskGroup(of: Void.self) { group in
        var open = 0
        for try await connection in arriving {
          if open == Self.connections {
            try await group.next()
            open -= 1
          }
          open += 1
          group.addTask { await self.serve(connection) }
        }
      }
    }
  }

  /// Answers one request, within its time. What goes wrong on the way is the client's affair.
  private func serve(_ connection: Connection) async {
    await withTaskGroup(of: Void.self) { race in
      race.addTask {
        try? await connection.executeThenClose { parts, writer in
          for try await case .head(let head) in parts { return try await respond(to: head, writer) }
        }
      }
      race.addTask {
        try? await Task.sleep(for: Self.deadline)
        try? await connection.channel.close()
      }
      await race.next()
      race.cancelAll()
    }
  }

  private func respond(
    to head: HTTPRequestHead, _ writer: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
  ) async throws {
    let path = String(head.uri.prefix { $0 != "?" })
    var answer = Answer(405, "only GET and HEAD are answered")
    if head.method == .GET || head.method == .HEAD {
      answer =
        await self.answer(path) ?? Answer(404, "\(path.prefix(80)) is not here: ask for /livez, /readyz or /metrics")
    }
    let headers: HTTPHeaders = [
      "content-type": answer.contentType, "content-length": String(answer.body.count), "connection": "close",
    ]
    let status = HTTPResponseStatus(statusCode: answer.status)
    try await writer.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
    if head.method != .HEAD { try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))) }
    try await writer.write(.end(nil))
  }
}
