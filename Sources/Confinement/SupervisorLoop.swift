import Foundation

/// The state of the supervisor's thread. Only that thread has it.
struct SupervisorLoop {
  private let wakeup: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  private var children: [UInt64: SupervisedChild] = [:]
  private var waiting: [Supervisor.Start] = []
  private var running = 0

  init(wakeup: Int32) {
    self.wakeup = wakeup
    // For as long as the thread, which is as long as the process.
    buffer = .allocate(byteCount: 256 << 10, alignment: 16)
  }

  /// Carries orders out, and then whatever the children or the clock call for; returns when there may be more orders.
  mutating func turn(_ orders: [Supervisor.Order]) {
    for order in orders { carryOut(order) }
    startWaiting()
    poll()
  }

  private mutating func carryOut(_ order: Supervisor.Order) {
    switch order {
    case .start(let start):
      guard waiting.count < Limits.waitingCommands else {
        let message = "\(start.command.name): \(waiting.count) commands wait already: try again later"
        return start.report(.ended(result: .failure(ConfinementError(.overloaded, message))))
      }
      if start.purpose == .run { waiting.append(start) } else { self.start(start) }
    case .send(let id, let bytes, let timeout): children[id]?.send(bytes, timeout: timeout)
    case .finish(let id): children[id]?.finish()
    case .cancel(let id):
      children[id]?.kill(.cancelled)
      if let index = waiting.firstIndex(where: { $0.id == id }) { start(waiting.remove(at: index)) }
    }
  }

  private mutating func startWaiting() {
    var taken = 0
    while taken < waiting.count, running < Limits.runningCommands {
      start(waiting[taken])
      taken += 1
    }
    waiting.removeFirst(taken)
  }

  private mutating func start(_ start: Supervisor.Start) {
    guard !start.cancellation.value else {
      let error = ConfinementError(.cancelled, "\(start.command.name) was not started")
      return start.report(.ended(result: .failure(error)))
    }
    do {
      children[start.id] = try SupervisedChild(
        starting: start.command, purpose: start.purpose, input: start.input, report: start.report)
      if start.purpose == .run { running += 1 }
    } catch {
      start.report(.ended(result: .failure(error)))
    }
  }

  /// What one descriptor of the poll stands for.
  private enum Stream { case input, output, errors, end }

  private mutating func poll() {
    var descriptors = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
    var streams: [(id: UInt64, stream: Stream)] = []
    var deadline: ContinuousClock.Instant?
    func add(_ descriptor: Int32, _ events: Int32, _ id: UInt64, _ stream: Stream) {
      descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
      streams.append((id, stream))
    }
    for (id, child) in children {
      if child.wantsToWrite { add(child.process.input, POLLOUT, id, .input) }
      if child.isOutputOpen { add(child.process.output, POLLIN, id, .output) }
      if child.isErrorsOpen { add(child.process.errors, POLLIN, id, .errors) }
      add(child.process.pidfd, POLLIN, id, .end)
      if let next = child.deadline { deadline = min(deadline ?? next, next) }
    }
    guard Foundation.poll(&descriptors, nfds_t(descriptors.count), milliseconds(until: deadline)) > 0 else {
      return checkDeadlines()
    }
    var count: UInt64 = 0
    if descriptors[0].revents != 0 { _ = read(wakeup, &count, 8) }
    for (descriptor, (id, stream)) in zip(descriptors.dropFirst(), streams) where descriptor.revents != 0 {
      serve(id, stream)
    }
    checkDeadlines()
  }

  private mutating func serve(_ id: UInt64, _ stream: Stream) {
    switch stream {
    case .input: children[id]?.write()
    case .output: children[id]?.readOutput(buffer)
    case .errors: children[id]?.readErrors(buffer)
    case .end:
      guard var child = children.removeValue(forKey: id) else { return }
      if child.purpose == .run { running -= 1 }
      child.reap(buffer)
    }
  }

  private mutating func checkDeadlines() {
    let now = ContinuousClock.now
    for id in children.keys { children[id]?.checkDeadline(now) }
  }

  /// Rounded up, so that the deadline has passed when the poll returns; -1, which is for ever, without one.
  private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let components = max(.zero, deadline - .now).components
    let milliseconds =
      components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: milliseconds)
  }
}
