import AsyncHTTPClient
import Document
import NIOCore

/// A watch under way: its events in the server's order. It ends without an error when the server closes it, which is usual after
/// some minutes; go on with a new watch from the last resource version. Iterate it once.
public struct KubeWatch: AsyncSequence, Sendable {
  /// One event.
  public typealias Element = WatchEvent
  /// `.expired` when the resource version is too old, `.unavailable` when the connection broke, ...
  public typealias Failure = KubeClientError

  private let body: any AsyncSequence<ByteBuffer, any Error> & Sendable
  private let limits: KubeClientLimits
  private let connectionError: @Sendable (any Error) -> KubeClientError

  init(
    _ body: any AsyncSequence<ByteBuffer, any Error> & Sendable, limits: KubeClientLimits,
    connectionError: @escaping @Sendable (any Error) -> KubeClientError
  ) {
    self.body = body
    self.limits = limits
    self.connectionError = connectionError
  }

  /// Begins to read.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(parts: Self.iterate(body), limits: limits, connectionError: connectionError)
  }

  private static func iterate(
    _ sequence: some AsyncSequence<ByteBuffer, any Error>
  ) -> any AsyncIteratorProtocol<ByteBuffer, any Error> {
    sequence.makeAsyncIterator()
  }

  /// Cuts the answer into lines, each of which is one event.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var parts: any AsyncIteratorProtocol<ByteBuffer, any Error>
    private let limits: KubeClientLimits
    private let connectionError: @Sendable (any Error) -> KubeClientError
    private var buffer = ByteBuffer()
    /// How much of the buffer is known to hold no line's end.
    private var searched = 0
    private var ended = false

    init(
      parts: any AsyncIteratorProtocol<ByteBuffer, any Error>, limits: KubeClientLimits,
      connectionError: @escaping @Sendable (any Error) -> KubeClientError
    ) {
      self.parts = parts
      self.limits = limits
      self.connectionError = connectionError
    }

    /// The next event; nil when the server closed the watch.
    public mutating func next() async throws(KubeClientError) -> WatchEvent? { try await next(isolation: nil) }

    /// The next event; nil when the server closed the watch.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(KubeClientError) -> WatchEvent? {
      while true {
        while let line = takeLine() {
          if !line.isEmpty { return try event(line) }
        }
        if ended { return nil }
        guard buffer.readableBytes <= limits.watchEventBytes else {
          throw KubeClientError(.tooLarge, "a watch event is longer than \(limits.watchEventBytes) bytes")
        }
        let part: ByteBuffer?
        do {
          part = try await parts.next(isolation: actor)
        } catch {
          throw connectionError(error)
        }
        if var part {
          buffer.discardReadBytes()
          buffer.writeBuffer(&part)
        } else {
          // A line without its end is an event cut off with the connection. What it told will be told again.
          ended = true
        }
      }
    }

    private mutating func takeLine() -> ByteBufferView? {
      let view = buffer.readableBytesView
      guard let end = view[view.index(view.startIndex, offsetBy: searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
        searched = view.count
        return nil
      }
      let line = view[view.startIndex..<end]
      buffer.moveReaderIndex(forwardBy: line.count + 1)
      searched = 0
      return line
    }

    private func event(_ line: ByteBufferView) throws(KubeClientError) -> WatchEvent {
      let document: Value
      do throws(DocumentError) {
        document = try JSON.parse(line, limits: limits.document)
      } catch {
        throw KubeClientError(.malformed, "a watch event is no JSON: \(error)", cause: error)
      }
      return try WatchEvent(document)
    }
  }
}

extension KubeClient {
  /// Watches a kind of object.
  ///
  /// - Parameters:
  ///   - namespace: nil watches all namespaces.
  ///   - resourceVersion: tell what happened after this; nil begins with an `added` for every object there is.
  /// - Throws: `.expired` when the resource version is too old, at once or as the sequence's error.
  public func watch(
    _ resource: APIResource, namespace: String? = nil, labelSelector: LabelSelector? = nil,
    fieldSelector: String? = nil,
    resourceVersion: String? = nil
  ) async throws(KubeClientError) -> KubeWatch {
    var request = KubeRequest(method: .GET, path: try resource.path(namespace: namespace))
    request.query = Self.selectors(labelSelector, fieldSelector)
    request.query += [
      ("watch", "true"), ("allowWatchBookmarks", "true"),
      ("timeoutSeconds", String(limits.watchTimeout.components.seconds)),
    ]
    if let resourceVersion { request.query.append(("resourceVersion", resourceVersion)) }
    do throws(KubeClientError) {
      let transport = transport
      return KubeWatch(try await transport.stream(request), limits: limits) { transport.connectionError($0) }
    } catch {
      throw error.doing("watch \(resource.plural)")
    }
  }
}
