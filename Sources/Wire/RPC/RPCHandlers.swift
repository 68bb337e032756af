/// Who may call a method.
public enum Access: Sendable, Hashable {
  /// Enrolled keys.
  case enrolled
  /// Every key that is not revoked.
  case anyone
}

/// What a handler knows of its call.
public struct RPCContext: Sendable {
  /// The caller's authenticated key.
  public let peer: CurvePublicKey
  /// The caller's identity in the `KeyDirectory`; nil for a key that is not enrolled (`Access.anyone` only).
  public let identity: String?
  /// The method's name.
  public let method: String
  /// The time the caller gave when it opened the call; the call is ended when it is over.
  public let deadline: Duration?
  /// What the caller sent along.
  public let metadata: RPCMetadata
  /// The connection that the call came over: for calls the other way.
  public let channel: RPCChannel
}

/// The methods that one side answers.
public struct RPCHandlers: Sendable {
  struct Handler: Sendable {
    let access: Access
    /// What it returns is sent as the last message, together with the stream's end.
    let run: @Sendable (RPCStreamHandle, RPCContext) async throws -> Payload?
  }

  private var handlers: [String: Handler] = [:]

  /// Answers nothing.
  public init() {}

  /// Answers a unary method. The caller gets the code and message of an `RPCError` that `handler` throws, and `internal` for
  /// any other error. The handler's task is cancelled when the caller cancels, its deadline passes or the connection ends.
  public mutating func unary<Request: WireMessage, Response: WireMessage>(
    _ method: Method<Request, Response>, access: Access = .enrolled,
    _ handler: @escaping @Sendable (Request, RPCContext) async throws -> Response
  ) {
    handlers[method.name] = Handler(access: access) { handle, context in
      var requests = RPCMessages<Request>(handle: handle).makeAsyncIterator()
      guard let request = try await requests.next() else {
        throw RPCError(.invalidArgument, "\(method.name) was called without a request")
      }
      return Payload(try await handler(request, context).encoded())
    }
  }

  /// Answers a streaming method of any shape: read `stream.messages`, send with `stream.send`. Returning ends the stream with
  /// OK, throwing with the error, as for `unary`.
  public mutating func stream<Request: WireMessage, Response: WireMessage>(
    _ method: Method<Request, Response>, access: Access = .enrolled,
    _ handler: @escaping @Sendable (RPCStream<Response, Request>, RPCContext) async throws -> Void
  ) {
    handlers[method.name] = Handler(access: access) { handle, context in
      try await handler(RPCStream(handle), context)
      return nil
    }
  }

  /// Answers a streaming method as `stream` does, with one thing more: the message that is returned goes out together with the
  /// stream's end.
  public mutating func streamWithLast<Request: WireMessage, Response: WireMessage>(
    _ method: Method<Request, Response>, access: Access = .enrolled,
    _ handler:
      @escaping @Sendable (RPCStream<Response, Request>, RPCContext) async throws -> EncodedMessage<Response>?
  ) {
    handlers[method.name] = Handler(access: access) { handle, context in
      try await handler(RPCStream(handle), context)?.payload
    }
  }

  func handler(named name: String) -> Handler? { handlers[name] }
}
