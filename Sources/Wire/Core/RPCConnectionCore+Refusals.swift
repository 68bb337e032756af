/// Calls of the other side that were not to be made: answered at the pace that `RefusalPace` allows.
extension RPCConnectionCore {
  /// Ends a stream that the other side opened in vain. What still comes on it is skipped; the other side is told in its turn.
  mutating func refuse(_ id: StreamID, _ error: RPCError, now: Moment) {
    guard removeStream(id) else { return }
    directives.append(.closed(id, error))
    answer(id, error, now)
  }

  /// Tells the other side that a call is refused, when its turn has come; cuts it off where it cannot mean to hear it.
  mutating func answer(_ id: StreamID, _ error: RPCError, _ now: Moment) {
    let turn = side == .bound ? refusals.next(now) : .atOnce
    switch turn {
    case .atOnce: transmit(.close(id, error.code, error.message), now)
    case .at(let due): waitingRefusals.append((due, id, error))
    case .never:
      let text =
        "\(WireLimits.refusalsWaiting) refused calls wait for their answer already; the last one: \(error.message)"
      fail(RPCError(.resourceExhausted, text), notify: true, now: now)
    }
  }

  /// Answers the refusals whose turn has come.
  mutating func answerRefusals(_ now: Moment) {
    let due = waitingRefusals.prefix { $0.due <= now }
    for refusal in due { transmit(.close(refusal.id, refusal.error.code, refusal.error.message), now) }
    waitingRefusals.removeFirst(due.count)
  }
}
