import CZeroMQ
import Glibc

/// Something that moves bytes on an I/O thread: a socket, or the in-process transport. Used on that thread alone.
protocol LoopParticipant: AnyObject {
  /// Descriptors whose readability means that `service` has something to do.
  var descriptors: [Int32] { get }
  /// Does what is to be done, for a bounded time; true when there may be more.
  func service(_ loop: LoopState) -> Bool
  /// Whether something waits for room in a pipe. The sign that there is room can be lost, because receiving takes it from the
  /// mailbox, too: a participant with a backlog is served again soon, sign or not.
  var hasBacklog: Bool { get }
  /// Sends a connection's messages.
  func send(_ messages: [OutboundMessage], for connection: RPCConnection, _ loop: LoopState)
  /// Ends every connection and gives everything back.
  func close(_ loop: LoopState)
}

/// What an I/O thread has: participants, their connections, and timers. It never leaves its thread.
final class LoopState {
  private struct Attached {
    let connection: RPCConnection
    let participant: any LoopParticipant
  }

  private static let eventsPerWait = 256
  private static let retryMilliseconds: Int32 = 5

  let loop: IOLoop
  private let epoll: Int32
  private let wakeDescriptor: Int32
  private var participants: [UInt64: any LoopParticipant] = [:]
  private var identifiers: [ObjectIdentifier: UInt64] = [:]
  private var active: Set<UInt64> = []
  private var backlogged: Set<UInt64> = []
  private var lastParticipant: UInt64 = 0
  private var attached: [UInt64: Attached] = [:]
  private var wheel: TimingWheel<UInt64>
  private var events = [epoll_event](repeating: epoll_event(), count: eventsPerWait)
  /// The time, read anew: a deadline counted from a time before its call would end the call too early.
  var now: Moment { .now }

  init(loop: IOLoop, epoll: Int32, wakeDescriptor: Int32) {
    self.loop = loop
    self.epoll = epoll
    self.wakeDescriptor = wakeDescriptor
    wheel = TimingWheel(now: .now)
    watch(wakeDescriptor, as: 0)
  }

  func add(_ participant: any LoopParticipant) {
    lastParticipant += 1
    participants[lastParticipant] = participant
    identifiers[ObjectIdentifier(participant)] = lastParticipant
    for descriptor in participant.descriptors { watch(descriptor, as: lastParticipant) }
    active.insert(lastParticipant)
  }

  /// Forgets a participant; to be called before its sockets are closed.
  func remove(_ participant: any LoopParticipant) {
    guard let identifier = identifiers.removeValue(forKey: ObjectIdentifier(participant)) else { return }
    for descriptor in participant.descriptors { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }
    participants[identifier] = nil
    active.remove(identifier)
    backlogged.remove(identifier)
  }

  private func watch(_ descriptor: Int32, as identifier: UInt64) {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: identifier))
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
  }

  /// Gives a connection to a participant, and sends what it already has.
  func attach(_ connection: RPCConnection, to participant: any LoopParticipant) {
    attached[connection.id] = Attached(connection: connection, participant: participant)
    flush(connection)
  }

  func detach(_ connection: RPCConnection) {
    attached[connection.id] = nil
    wheel.cancel(connection.id)
  }

  /// Sends what a connection has, and sets its timer.
  func flush(_ connection: RPCConnection) {
    // Before it is attached a connection keeps what it has; attaching sends it.
    guard let entry = attached[connection.id] else { return }
    let (messages, deadline) = connection.takeOutbound()
    wheel.schedule(connection.id, at: deadline)
    entry.participant.send(messages, for: connection, self)
    // Sending takes commands from the socket's mailbox, after which its descriptor may stay silent: look at it this round.
    if let identifier = identifiers[ObjectIdentifier(entry.participant)] { active.insert(identifier) }
  }

  func fireTimers() {
    let now = Moment.now
    for identifier in wheel.advance(to: now) {
      guard let entry = attached[identifier] else { continue }
      entry.connection.tick(now: now)
      flush(entry.connection)
    }
  }

  /// Serves participants that have something to do; true when there may be more.
  func serviceActive() -> Bool {
    active.formUnion(backlogged)
    backlogged.removeAll(keepingCapacity: true)
    for identifier in active {
      guard let participant = participants[identifier] else {
        active.remove(identifier)
        continue
      }
      if !participant.service(self) { active.remove(identifier) }
      if participant.hasBacklog { backlogged.insert(identifier) }
    }
    return !active.isEmpty
  }

  /// Waits for descriptors or the next timer; only looks where `mayBlock` is false.
  func wait(mayBlock: Bool) {
    var timeout: Int32 = 0
    if mayBlock {
      timeout = -1
      if let next = wheel.next {
        timeout = Int32(clamping: ((next - .now).wholeNanoseconds + 999_999) / 1_000_000)
      }
      if !backlogged.isEmpty { timeout = timeout < 0 ? Self.retryMilliseconds : min(timeout, Self.retryMilliseconds) }
    }
    let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
    guard count > 0 else { return }
    for event in events.prefix(Int(count)) {
      if event.data.u64 == 0 {
        var value: UInt64 = 0
        _ = SystemCall.retrying { read(wakeDescriptor, &value, 8) }
      } else {
        active.insert(event.data.u64)
      }
    }
  }

  func closeAll() {
    for participant in Array(participants.values) { participant.close(self) }
    Glibc.close(epoll)
  }
}
