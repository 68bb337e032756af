/// What the passing of time does.
extension RPCConnectionCore {
  /// When `tick` has something to do at the earliest. It may be early, never late.
  var nextDeadline: Moment {
    switch phase {
    case .over: return .distantFuture
    case .greeting(let until): return until
    case .open: break
    }
    var next = min(earliestDeadline, silenceLimit)
    if let refusal = waitingRefusals.first { next = min(next, refusal.due) }
    if side == .connecting { next = min(next, heartbeatDue) }
    return next
  }

  private var silenceLimit: Moment { lastReceived + heartbeatInterval * Self.missedHeartbeats }

  /// Something must have gone out within the interval for the other side, and come in for this one (a PING brings a PONG). A
  /// third of the interval is kept for the way, so that the other side sees at least one sign in every interval.
  private var heartbeatDue: Moment { max(lastPing, min(lastSent, lastReceived)) + heartbeatInterval * 2 / 3 }

  /// Expires deadlines, sends heartbeats, and ends a connection whose other side is silent.
  mutating func tick(now: Moment) {
    switch phase {
    case .over: return
    case .greeting(let until):
      guard now >= until else { return }
      let text = "the other side did not answer within \(configuration.handshakeTimeout)"
      return fail(RPCError(.unavailable, text), notify: true, now: now)
    case .open: break
    }
    if now >= silenceLimit {
      let text = "the other side was silent for \(Self.missedHeartbeats) heartbeats of \(heartbeatInterval)"
      return fail(RPCError(.unavailable, text), notify: true, now: now)
    }
    if side == .connecting, now >= heartbeatDue {
      lastPing = now
      transmit(.ping, now)
    }
    if now >= earliestDeadline { expireStreams(now) }
    answerRefusals(now)
  }

  private mutating func expireStreams(_ now: Moment) {
    var expired: [StreamID] = []
    earliestDeadline = .distantFuture
    for (id, stream) in streams {
      guard let deadline = stream.deadline else { continue }
      if deadline <= now {
        expired.append(id)
      } else {
        earliestDeadline = min(earliestDeadline, deadline)
      }
    }
    for id in expired.sorted() {
      close(id, RPCError(.deadlineExceeded, "the deadline passed before the call was done"), now: now)
    }
  }
}
