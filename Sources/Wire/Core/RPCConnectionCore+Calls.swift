/// What this side's users do.
extension RPCConnectionCore {
  /// Opens a stream. Throws `unavailable` where no stream can be opened any more, `resourceExhausted` where the other side
  /// allows no further one now.
  mutating func open(_ open: Frame.Open, now: Moment) throws(RPCError) -> StreamID {
    switch phase {
    case .greeting: throw RPCError(.unavailable, "the connection is not established yet")
    case .over(let error): throw error
    case .open: break
    }
    guard !peerIsLeaving else {
      throw RPCError(.unavailable, "the other side is leaving and takes no new calls; connect again")
    }
    guard localStreams < Int(peer.streamsMax) else {
      throw RPCError(.resourceExhausted, "the other side allows \(peer.streamsMax) streams at once")
    }
    let id = nextLocalID
    nextLocalID += 2
    localStreams += 1
    addStream(id, deadline: open.deadline.map { now + $0 })
    transmit(.open(id, open), now)
    return id
  }

  mutating func addStream(_ id: StreamID, deadline: Moment?) {
    streams[id] = Stream(
      sendCredit: Int(clamping: peer.streamCreditBytes), receiveCredit: configuration.streamCreditBytes,
      deadline: deadline)
    if let deadline { earliestDeadline = min(earliestDeadline, deadline) }
  }

  /// Whether a message could be sent on the stream now; also true where it has ended, so that a waiting sender wakes.
  func mayTrySending(on id: StreamID) -> Bool {
    guard let stream = streams[id], !stream.localEnded else { return true }
    return stream.sendCredit > 0 && sendCredit > 0
  }

  /// Sends a message, if the credits allow.
  mutating func send(_ payload: Payload, on id: StreamID, now: Moment) -> SendOutcome {
    guard let index = streams.index(forKey: id), !streams.values[index].localEnded else { return .ended }
    guard sendCredit > 0, streams.values[index].sendCredit > 0 else { return .blocked }
    let cost = payload.count + WireLimits.messageOverheadBytes
    streams.values[index].sendCredit -= cost
    sendCredit -= cost
    transmit(.message(id, payload), now)
    return .sent
  }

  /// Says that this side sends no more on the stream.
  mutating func halfClose(_ id: StreamID, now: Moment) {
    guard let stream = streams[id], !stream.localEnded else { return }
    streams[id]?.localEnded = true
    transmit(.halfClose(id), now)
    directives.append(.writable(id))
  }

  /// Ends a stream for both sides; a stream that is over stays as it ended.
  mutating func close(_ id: StreamID, _ error: RPCError?, now: Moment) {
    guard removeStream(id) else { return }
    transmit(.close(id, error?.code ?? .ok, error?.message ?? ""), now)
    directives.append(.closed(id, error))
  }

  /// Gives back the credit of messages that their reader took. `cost` is in bytes and includes the messages' overhead.
  mutating func consumed(_ cost: Int, on id: StreamID, now: Moment) {
    guard let index = streams.index(forKey: id), !streams.values[index].remoteEnded else { return }
    streams.values[index].unreturned += cost
    let unreturned = streams.values[index].unreturned
    guard unreturned >= configuration.streamCreditBytes / 2 else { return }
    streams.values[index].unreturned = 0
    streams.values[index].receiveCredit += unreturned
    transmit(.credit(id, UInt64(unreturned)), now)
  }

  /// Asks the other side to open no new streams.
  mutating func leave(_ goaway: Goaway, now: Moment) {
    guard !isOver, !isLeaving else { return }
    isLeaving = true
    transmit(.goaway(goaway), now)
  }

  /// Ends the connection in peace: the other side is told.
  mutating func close(now: Moment) {
    fail(RPCError(.unavailable, "the connection was closed"), notify: true, now: now)
  }
}
