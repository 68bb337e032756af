/// What the other side's frames do. A frame that breaks the protocol ends the connection: it cannot be known what else is wrong.
extension RPCConnectionCore {
  /// Takes one frame in. Frames on streams that are over are skipped: they were sent before their sender knew.
  mutating func receive(_ frame: Frame, now: Moment) {
    lastReceived = now
    switch phase {
    case .over: return
    case .greeting:
      if case .settings(let settings) = frame { return greet(settings, now) }
      if case .close(0, let code, let text) = frame { return fail(RPCError(code, text), notify: false, now: now) }
      return violation("it did not begin with SETTINGS", now)
    case .open: break
    }
    switch frame {
    case .message(let id, let payload): receiveMessage(payload, on: id, now)
    case .credit(let id, let bytes): receiveCredit(bytes, on: id, now)
    case .open(let id, let open): receiveOpen(open, on: id, now)
    case .halfClose(let id): receiveHalfClose(id, now)
    case .close(0, let code, let text):
      let reason = text.isEmpty ? "the other side closed the connection" : text
      fail(RPCError(code == .ok ? .unavailable : code, reason), notify: false, now: now)
    case .close(let id, let code, let text):
      guard isPlausible(id, now), removeStream(id) else { return }
      directives.append(.closed(id, code == .ok ? nil : RPCError(code, text)))
    case .ping: transmit(.pong, now)
    case .pong, .unrecognized: break
    case .goaway(let goaway):
      peerIsLeaving = true
      directives.append(.goaway(goaway))
    case .settings: violation("it sent SETTINGS twice", now)
    }
  }

  /// Ends the connection because the other side does not speak the protocol.
  mutating func violation(_ what: String, _ now: Moment) {
    fail(RPCError(.internal, "the other side broke the bus protocol: \(what)"), notify: true, now: now)
  }

  private mutating func greet(_ settings: Settings, _ now: Moment) {
    guard settings.protocolMin <= Self.protocolVersion, settings.protocolMax >= Self.protocolVersion else {
      let range = "\(settings.protocolMin) to \(settings.protocolMax)"
      let text = "no common protocol version: here \(Self.protocolVersion), there \(range); upgrade the older side"
      return fail(RPCError(.failedPrecondition, text), notify: true, now: now)
    }
    guard settings.connectionCreditBytes <= WireLimits.creditBytes, settings.streamCreditBytes <= WireLimits.creditBytes
    else { return violation("it granted more credit than \(WireLimits.creditBytes) bytes", now) }
    peer = settings
    sendCredit = Int(settings.connectionCreditBytes)
    if side == .connecting, settings.heartbeatIntervalMs > 0 {
      heartbeatInterval = .milliseconds(clamping: settings.heartbeatIntervalMs)
    }
    phase = .open
    directives.append(.established)
  }

  /// Whether a stream with this id was ever opened; if not, the connection ends.
  private mutating func isPlausible(_ id: StreamID, _ now: Moment) -> Bool {
    if isLocal(id) ? id < nextLocalID : id <= lastRemoteID { return true }
    violation("it spoke on stream \(id), which was never opened", now)
    return false
  }

  private mutating func receiveOpen(_ open: Frame.Open, on id: StreamID, _ now: Moment) {
    guard id != 0, !isLocal(id), id > lastRemoteID else { return violation("it opened stream \(id) again", now) }
    lastRemoteID = id
    if isLeaving { return answer(id, RPCError(.unavailable, "this side is leaving; connect again"), now) }
    guard remoteStreams < configuration.streamsMax else {
      let text = "at most \(configuration.streamsMax) streams may be open at once"
      return answer(id, RPCError(.resourceExhausted, text), now)
    }
    remoteStreams += 1
    addStream(id, deadline: open.deadline.map { now + $0 })
    directives.append(.opened(id, open))
  }

  private mutating func receiveMessage(_ payload: Payload, on id: StreamID, _ now: Moment) {
    let cost = payload.count + WireLimits.messageOverheadBytes
    guard receiveCredit > 0 else { return violation("it sent beyond the connection's credit", now) }
    receiveCredit -= cost
    unreturned += cost
    if unreturned >= configuration.connectionCreditBytes / 2 {
      receiveCredit += unreturned
      transmit(.credit(0, UInt64(unreturned)), now)
      unreturned = 0
    }
    guard let index = streams.index(forKey: id) else {
      _ = isPlausible(id, now)
      return
    }
    guard !streams.values[index].remoteEnded else { return violation("it sent on stream \(id) after its end", now) }
    guard streams.values[index].receiveCredit > 0 else { return violation("it sent beyond stream \(id)'s credit", now) }
    streams.values[index].receiveCredit -= cost
    directives.append(.message(id, payload.bytes))
  }

  private mutating func receiveCredit(_ bytes: UInt64, on id: StreamID, _ now: Moment) {
    guard bytes <= WireLimits.creditBytes else { return violation("it granted \(bytes) bytes at once", now) }
    if id == 0 {
      sendCredit += Int(bytes)
      guard sendCredit <= WireLimits.creditBytes else { return violation("it granted too much credit", now) }
      directives.append(.writable(0))
    } else if let index = streams.index(forKey: id) {
      streams.values[index].sendCredit += Int(bytes)
      guard streams.values[index].sendCredit <= WireLimits.creditBytes else {
        return violation("it granted too much credit on stream \(id)", now)
      }
      directives.append(.writable(id))
    } else {
      _ = isPlausible(id, now)
    }
  }

  private mutating func receiveHalfClose(_ id: StreamID, _ now: Moment) {
    guard isPlausible(id, now), let stream = streams[id], !stream.remoteEnded else { return }
    streams[id]?.remoteEnded = true
    directives.append(.halfClosed(id))
  }
}
