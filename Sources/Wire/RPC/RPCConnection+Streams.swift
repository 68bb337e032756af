import Synchronization

/// Streams as their users see them: calls that wait for credit or for messages.
extension RPCConnection {
  /// Opens a stream. Where a whole `request` is given, it goes out in the same batch, as far as the credit allows; the result
  /// says whether it went.
  func openStream(
    _ open: Frame.Open, request: Payload? = nil
  ) throws(RPCError) -> (handle: RPCStreamHandle, requestSent: Bool) {
    let buffer = StreamBuffer()
    let outcome: Result<(StreamID, Bool), RPCError> = perform(at: .now) { state, now in
      do throws(RPCError) {
        let id = try state.core.open(open, now: now)
        state.streams[id] = buffer
        guard let request, !state.isFull, state.core.send(request, on: id, now: now) == .sent else {
          return .success((id, false))
        }
        state.core.halfClose(id, now: now)
        return .success((id, true))
      } catch {
        return .failure(error)
      }
    }
    let (id, sent) = try outcome.get()
    return (RPCStreamHandle(connection: self, id: id, buffer: buffer), sent)
  }

  /// Sends a message, waiting for credit. A task that is cancelled while it waits cancels the stream.
  func send(_ payload: Payload, on id: StreamID, _ buffer: StreamBuffer) async throws(RPCError) {
    guard payload.count <= WireLimits.payloadBytes else {
      let text = "a message of \(payload.count) bytes; the limit is \(WireLimits.payloadBytes): send it in pieces"
      throw RPCError(.resourceExhausted, text)
    }
    while true {
      switch perform(at: .now, { state, now in state.trySending(payload, on: id, now: now) }) {
      case .sent: return
      case .ended: throw buffer.failure ?? RPCError(.failedPrecondition, "the stream's sending side is finished")
      case .blocked:
        counters?.creditStalls.add(1, ordering: .relaxed)
        await waitForCredit(id, buffer)
      }
    }
  }

  /// Sends a message where there is credit and room for it.
  func sendNow(_ payload: Payload, on id: StreamID) -> Bool {
    guard payload.count <= WireLimits.payloadBytes else { return false }
    return perform(at: .now) { state, now in state.trySending(payload, on: id, now: now) } == .sent
  }

  private func waitForCredit(_ id: StreamID, _ buffer: StreamBuffer) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: StreamBuffer.Waiter) in
        // Looked at again under the lock: the credit may have come since.
        let mustWait = state.withLock { state in
          state.mustWait(on: id) && buffer.addWriter(waiter)
        }
        if !mustWait { waiter.resume() }
      }
    } onCancel: {
      closeStream(id, RPCError(.cancelled, "the task that was sending was cancelled"))
    }
  }

  /// Everything that arrived on the stream, waiting for the first; nil at its end.
  func receive(on id: StreamID, _ buffer: StreamBuffer) async throws(RPCError) -> [[UInt8]]? {
    while true {
      switch buffer.take() {
      case .messages(let messages):
        let cost = messages.reduce(0) { $0 + $1.count + WireLimits.messageOverheadBytes }
        perform(at: .now) { state, now in state.core.consumed(cost, on: id, now: now) }
        return messages
      case .end(.finished): return nil
      case .end(.failed(let error)): throw error
      case .nothing:
        await withTaskCancellationHandler {
          await buffer.waitForMessages()
        } onCancel: {
          closeStream(id, RPCError(.cancelled, "the task that was reading was cancelled"))
        }
      }
    }
  }

  func halfClose(_ id: StreamID) { perform(at: .now) { state, now in state.core.halfClose(id, now: now) } }

  func closeStream(_ id: StreamID, _ error: RPCError?) {
    perform(at: .now) { state, now in state.core.close(id, error, now: now) }
  }

  /// Ends a call of the other side that was not to be made: it is told, later if it makes many of them.
  func refuseStream(_ id: StreamID, _ error: RPCError) {
    counters?.refusedCalls.add(1, ordering: .relaxed)
    perform(at: .now) { state, now in state.core.refuse(id, error, now: now) }
  }

  /// Answers a unary call and ends it, in one batch where the credit allows.
  func respond(_ payload: Payload, on id: StreamID, _ buffer: StreamBuffer) async throws(RPCError) {
    if payload.count <= WireLimits.payloadBytes {
      let sent = perform(at: .now) { state, now in
        guard !state.isFull, state.core.send(payload, on: id, now: now) == .sent else { return false }
        state.core.close(id, nil, now: now)
        return true
      }
      if sent { return }
    }
    try await send(payload, on: id, buffer)
    closeStream(id, nil)
  }
}
