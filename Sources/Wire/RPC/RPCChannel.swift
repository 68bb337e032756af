/// One connection, for making calls over it. Either side may call the other.
public final class RPCChannel: Sendable {
  let connection: RPCConnection

  init(connection: RPCConnection) { self.connection = connection }

  /// Whether both are the same connection.
  public func isSame(as other: RPCChannel) -> Bool { connection === other.connection }

  /// The authenticated other side.
  public var peer: CurvePublicKey { connection.peer }

  /// How long nothing has been heard of the other side.
  public var silence: Duration { Moment.now - connection.lastReceived }

  /// Calls a method that takes one message and answers one.
  ///
  /// - Parameter deadline: how long the call may take on both sides; nil is without end.
  /// - Throws: the handler's error; `deadlineExceeded`; `cancelled` when this task is cancelled; `unavailable` when the
  ///   connection ends first.
  public func unary<Request: WireMessage, Response: WireMessage>(
    _ method: Method<Request, Response>, _ request: Request, deadline: Duration? = nil, metadata: RPCMetadata = [:]
  ) async throws(RPCError) -> Response {
    let payload = Payload(request.encoded())
    guard payload.count <= WireLimits.payloadBytes else {
      throw RPCError(.resourceExhausted, "a request of \(payload.count) bytes; the limit is \(WireLimits.payloadBytes)")
    }
    let open = Frame.Open(method: method.name, deadline: deadline, metadata: metadata)
    let (handle, sent) = try connection.openStream(open, request: payload)
    if !sent {
      try await connection.send(payload, on: handle.id, handle.buffer)
      connection.halfClose(handle.id)
    }
    var responses = RPCMessages<Response>(handle: handle).makeAsyncIterator()
    guard let response = try await responses.next() else {
      throw RPCError(.internal, "\(method.name) ended without a response")
    }
    // The end comes with the response; it says whether the handler succeeded.
    guard try await responses.next() == nil else {
      throw RPCError(.internal, "\(method.name) answered more than once")
    }
    return response
  }

  /// Opens a stream; the method decides who sends how much.
  ///
  /// - Parameter deadline: how long the stream may stay open; nil is without end.
  /// - Throws: `unavailable` when the connection is over or the other side is leaving, `resourceExhausted` when the other side
  ///   allows no further stream now.
  public func stream<Request: WireMessage, Response: WireMessage>(
    _ method: Method<Request, Response>, deadline: Duration? = nil, metadata: RPCMetadata = [:]
  ) async throws(RPCError) -> RPCStream<Request, Response> {
    let open = Frame.Open(method: method.name, deadline: deadline, metadata: metadata)
    return RPCStream(try connection.openStream(open).handle)
  }

  /// Waits until the other side asks to come back later; nil once the connection is over without that.
  public func goaway() async -> Goaway? { await connection.waitForGoaway() }

  /// Ends the connection; open streams fail with `unavailable` on both sides.
  public func close() { connection.close() }

  /// Ends the connection with an error, which open streams fail with on both sides.
  public func close(_ error: RPCError) { connection.close(error) }
}
