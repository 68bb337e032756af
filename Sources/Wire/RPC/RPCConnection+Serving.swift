/// Calls of the other side.
extension RPCConnection {
  /// Runs the handler of a stream that the other side opened: one task for the stream's life, cancelled when the stream fails.
  func serve(_ id: StreamID, _ open: Frame.Open, _ buffer: StreamBuffer) {
    guard let handler = handlers.handler(named: open.method) else {
      return closeStream(id, RPCError(.unimplemented, "there is no method \(open.method) here; is this side older?"))
    }
    let identity: String?
    switch (admission(), handler.access) {
    case (.known(let name), _): identity = name
    case (.unknown, .anyone): identity = nil
    case (.unknown, .enrolled):
      return closeStream(id, RPCError(.unauthenticated, "the key \(peer) is not enrolled; enrol with a join token"))
    case (.revoked, _):
      return closeStream(id, RPCError(.permissionDenied, "the key \(peer) is revoked"))
    }
    let context = RPCContext(
      peer: peer, identity: identity, method: open.method, deadline: open.deadline, metadata: open.metadata,
      channel: RPCChannel(connection: self))
    tracker.begin()
    let task = Task {
      defer { tracker.end() }
      // Held until the stream is ended here, because a handle that goes cancels its stream.
      let handle = RPCStreamHandle(connection: self, id: id, buffer: buffer)
      do {
        if let response = try await handler.run(handle, context) {
          try await respond(response, on: id, buffer)
        } else {
          closeStream(id, nil)
        }
      } catch {
        if !(error is RPCError), !(error is CancellationError) {
          logger.error("handler failed", metadata: ["method": "\(open.method)", "error": "\(error)"])
        }
        closeStream(id, RPCError(hiding: error))
      }
      withExtendedLifetime(handle) {}
    }
    buffer.attach(task)
  }
}
