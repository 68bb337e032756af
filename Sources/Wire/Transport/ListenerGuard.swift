import CZeroMQ
import Logging

/// Keeps a ROUTER from spinning when it cannot accept: without a free descriptor the kernel's queue stays readable, and libzmq's
/// I/O thread tries again at once and for ever.
///
/// So the endpoint is given up for a moment, and taken again: connections that wait are refused, their owners come back with
/// their own pauses, and those that are open are served meanwhile.
final class ListenerGuard: LoopParticipant {
  /// How long nobody is listened to after an accept failed.
  private static let pause = Duration.milliseconds(250)
  private static let eventsPerCheck = 1_000

  let descriptors: [Int32]
  private let endpoint: String
  private let socket: ZeroMQSocket
  private let monitor: ZeroMQSocket
  private let admissions: Admissions
  private let parts = MessageParts()
  private var retry: Moment?
  private var isClosed = false

  init(
    _ context: ZeroMQContext, watching socket: ZeroMQSocket, endpoint: String, _ admissions: Admissions
  ) throws(WireError) {
    self.endpoint = endpoint
    self.socket = socket
    self.admissions = admissions
    let address = "inproc://accepting"
    try socket.monitor(address, ZMQ_EVENT_ACCEPT_FAILED)
    monitor = try context.socket(ZMQ_PAIR)
    descriptors = [monitor.descriptor]
    do throws(WireError) {
      try monitor.set(ZMQ_LINGER, 0 as Int32)
      try monitor.connect(address)
    } catch {
      socket.stopMonitor()
      throw error
    }
  }

  /// While nobody is listened to, it is served again soon.
  var hasBacklog: Bool { retry != nil }

  /// Looks whether an accept failed, and stops or resumes listening.
  func service(_ loop: LoopState) -> Bool {
    guard !isClosed else { return false }
    var events = 0
    while events < Self.eventsPerCheck, monitor.receive(parts) != nil { events += 1 }
    if let retry {
      if loop.now >= retry { listen(loop.now) }
    } else if events > 0 {
      stopListening(loop.now)
    }
    return events == Self.eventsPerCheck
  }

  private func listen(_ now: Moment) {
    do throws(WireError) {
      try socket.bind(endpoint)
      retry = nil
    } catch {
      retry = now + Self.pause
    }
  }

  private func stopListening(_ now: Moment) {
    admissions.counters.acceptFailures.add(1, ordering: .relaxed)
    admissions.parameters.logger.error(
      "connections cannot be accepted: no free descriptor; raise the limit on open files (ulimit -n, LimitNOFILE=)",
      metadata: ["endpoint": "\(endpoint)"])
    do throws(WireError) {
      try socket.unbind(endpoint)
      retry = now + Self.pause
    } catch {
      admissions.parameters.logger.warning("listening goes on", metadata: ["error": "\(error)"])
    }
  }

  func send(_ messages: [OutboundMessage], for connection: RPCConnection, _ loop: LoopState) {}

  /// Stops watching; before the socket is closed.
  func close(_ loop: LoopState) {
    guard !isClosed else { return }
    isClosed = true
    loop.remove(self)
    socket.stopMonitor()
    monitor.close()
  }
}
