import Logging

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
    let call = ServedCall(handler, RPCStreamHandle(connection: self, id: id, buffer: buffer), context, tracker, logger)
    buffer.attach(Task { await call.run() })
  }
}

/// A call of the other side while its handler runs.
///
/// A class, because what a task's functions hold while they wait is kept in whole kilobytes, and there is one for each agent that
/// has a session.
private final class ServedCall: Sendable {
  private let handler: RPCHandlers.Handler
  /// Held until the stream is ended here, because a handle that goes cancels its stream.
  private let handle: RPCStreamHandle
  private let context: RPCContext
  private let tracker: HandlerTracker
  private let logger: Logger

  init(
    _ handler: RPCHandlers.Handler, _ handle: RPCStreamHandle, _ context: RPCContext, _ tracker: HandlerTracker,
    _ logger: Logger
  ) {
    self.handler = handler
    self.handle = handle
    self.context = context
    self.tracker = tracker
    self.logger = logger
  }

  func run() async {
    do {
      if let response = try await handler.run(handle, context) {
        try await handle.connection.respond(response, on: handle.id, handle.buffer)
      } else {
        handle.connection.closeStream(handle.id, nil)
      }
    } catch {
      fail(error)
    }
    tracker.end()
  }

  private func fail(_ error: any Error) {
    if !(error is RPCError), !(error is CancellationError) {
      logger.error("handler failed", metadata: ["method": "\(context.method)", "error": "\(error)"])
    }
    handle.connection.closeStream(handle.id, RPCError(hiding: error))
  }
}
