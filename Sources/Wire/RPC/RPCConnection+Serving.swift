import Logging

/// Calls of the other side.
extension RPCConnection {
  private static let methodNameCharacters = 200

  /// Runs the handler of a stream that the other side opened: one task for the stream's life, cancelled when the stream fails.
  func serve(_ id: StreamID, _ open: Frame.Open, _ buffer: StreamBuffer) {
    guard let handler = handlers.handler(named: open.method) else {
      // A name that is there is never so long, and the answer may have to wait for its turn.
      let name = open.method.prefix(Self.methodNameCharacters)
      return refuseStream(id, RPCError(.unimplemented, "there is no method \(name) here; is this side older?"))
    }
    let identity: String?
    switch (admission(), handler.access) {
    case (.known(let name), _): identity = name
    case (.unknown, .anyone): identity = nil
    case (.unknown, .enrolled):
      return refuseStream(id, RPCError(.unauthenticated, "the key \(peer) is not enrolled; enrol with a join token"))
    case (.revoked, _):
      return refuseStream(id, RPCError(.permissionDenied, "the key \(peer) is revoked"))
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
  /// What says that a call can only be refused again, however often it is made.
  private static let refusals: Set<StatusCode> = [
    .unimplemented, .unauthenticated, .permissionDenied, .invalidArgument,
  ]

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
    let error = RPCError(hiding: error)
    if Self.refusals.contains(error.code) {
      handle.connection.refuseStream(handle.id, error)
    } else {
      handle.connection.closeStream(handle.id, error)
    }
  }
}
