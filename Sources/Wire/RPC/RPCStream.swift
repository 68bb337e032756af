/// A message that was encoded once, to be sent on many streams without encoding or copying it again.
public struct EncodedMessage<Message: WireMessage>: Sendable {
  let payload: Payload

  /// Encodes the message.
  public init(_ message: Message) { payload = Payload(message.encoded()) }
}

/// The untyped stream under an `RPCStream`. A stream whose last handle is gone is cancelled: nobody could end it any more.
final class RPCStreamHandle: Sendable {
  let connection: RPCConnection
  let id: StreamID
  let buffer: StreamBuffer

  init(connection: RPCConnection, id: StreamID, buffer: StreamBuffer) {
    self.connection = connection
    self.id = id
    self.buffer = buffer
  }

  deinit {
    if !buffer.isOver { connection.closeStream(id, RPCError(.cancelled, "the caller let go of the stream")) }
  }
}

/// One open stream, seen from one side: it sends `Outbound` and receives `Inbound`.
///
/// Sending and receiving are independent and may run in different tasks; messages are received by one task at a time. A task
/// that is cancelled while it waits in either cancels the stream.
public struct RPCStream<Outbound: WireMessage, Inbound: WireMessage>: Sendable {
  let handle: RPCStreamHandle

  init(_ handle: RPCStreamHandle) { self.handle = handle }

  /// Sends a message; waits while the other side has no credit for more. Throws how the stream ended, where it has.
  public func send(_ message: Outbound) async throws(RPCError) {
    try await handle.connection.send(Payload(message.encoded()), on: handle.id, handle.buffer)
  }

  /// Sends a message that was encoded before.
  public func send(_ message: EncodedMessage<Outbound>) async throws(RPCError) {
    try await handle.connection.send(message.payload, on: handle.id, handle.buffer)
  }

  /// Sends a message if that needs no waiting. False where it does, or where the stream is over: `send` then waits, or says how it ended.
  public func sendNow(_ message: EncodedMessage<Outbound>) -> Bool {
    handle.connection.sendNow(message.payload, on: handle.id)
  }

  /// Says that this side sends no more. Messages of the other side can still be received.
  public func finish() async { handle.connection.halfClose(handle.id) }

  /// Messages of the other side, to be iterated once. Ends when the other side finished, throws `RPCError` when the stream
  /// failed. What is not read is held back at its sender, beyond the stream's window.
  public var messages: RPCMessages<Inbound> { RPCMessages(handle: handle) }

  /// Ends the stream for both sides, with the code and message given.
  public func cancel(_ status: RPCError = RPCError(.cancelled, "the call was cancelled")) {
    handle.connection.closeStream(handle.id, status)
  }
}

/// The messages of one stream, in order.
public struct RPCMessages<Message: WireMessage>: AsyncSequence, Sendable {
  /// How reading fails.
  public typealias Failure = RPCError
  /// One message.
  public typealias Element = Message

  let handle: RPCStreamHandle

  /// Begins reading.
  public func makeAsyncIterator() -> Iterator { Iterator(handle: handle) }

  /// Reads messages; everything that arrived is fetched at once.
  public struct Iterator: AsyncIteratorProtocol {
    let handle: RPCStreamHandle
    var batch: [[UInt8]] = []
    var position = 0

    init(handle: RPCStreamHandle) { self.handle = handle }

    /// The next message, or nil at the end.
    public mutating func next() async throws(RPCError) -> Message? { try await next(isolation: nil) }

    /// The next message, or nil at the end.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> Message? {
      guard try await hasNext(isolation: actor) else { return nil }
      return try takeNext()
    }

    /// Waits for a message or the end; false at the end. For readers that wait long and are many: this keeps no room for the message
    /// meanwhile, as `next` does.
    public mutating func hasNext(isolation actor: isolated (any Actor)?) async throws(RPCError) -> Bool {
      guard position == batch.count else { return true }
      batch = []
      position = 0
      guard let arrived = try await handle.connection.receive(on: handle.id, handle.buffer) else { return false }
      batch = arrived
      return true
    }

    /// The message that ``hasNext(isolation:)`` has found; nil where it was not asked.
    public mutating func takeNext() throws(RPCError) -> Message? {
      guard position < batch.count else { return nil }
      let bytes = batch[position]
      position += 1
      do {
        return try Message(decoding: bytes)
      } catch {
        let failure = RPCError(
          .internal, "the other side sent what is not a \(Message.self): \(error.message)", cause: error)
        handle.connection.closeStream(handle.id, failure)
        throw failure
      }
    }
  }
}
