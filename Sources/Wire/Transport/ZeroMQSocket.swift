import CZeroMQ
import Glibc

/// A libzmq socket. It belongs to one thread and is not `Sendable`.
final class ZeroMQSocket {
  enum Sent {
    case sent
    /// The pipe is full.
    case full
    /// The peer is gone.
    case unreachable
  }

  private var pointer: UnsafeMutableRawPointer?

  init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

  deinit { close() }

  /// Closes the socket. What was sent goes on for the linger time.
  func close() {
    guard let open = pointer else { return }
    pointer = nil
    zmq_close(open)
  }

  func set(_ option: Int32, _ value: Int32) throws(WireError) {
    var value = value
    try check(zmq_setsockopt(pointer, option, &value, MemoryLayout<Int32>.size), "option \(option)")
  }

  func set(_ option: Int32, _ value: Int64) throws(WireError) {
    var value = value
    try check(zmq_setsockopt(pointer, option, &value, MemoryLayout<Int64>.size), "option \(option)")
  }

  func set(_ option: Int32, _ value: [UInt8]) throws(WireError) {
    try check(zmq_setsockopt(pointer, option, value, value.count), "option \(option)")
  }

  func bind(_ endpoint: String) throws(WireError) {
    guard zmq_bind(pointer, endpoint) == 0 else {
      let advice =
        switch zmq_errno() {
        case EADDRINUSE: "; another program listens there: stop it, or choose another address"
        case EADDRNOTAVAIL, ENODEV: "; this machine has no such address: choose one of its own, or 0.0.0.0 for all"
        case EACCES: "; this user may not have that port: choose one from 1024 on"
        default: ""
        }
      throw WireError(.system, "cannot listen at \(endpoint): \(SystemCall.zmqMessage())\(advice)")
    }
  }

  func unbind(_ endpoint: String) throws(WireError) {
    try check(zmq_unbind(pointer, endpoint), "cannot stop listening at \(endpoint)")
  }

  func connect(_ endpoint: String) throws(WireError) {
    try check(zmq_connect(pointer, endpoint), "cannot connect to \(endpoint)")
  }

  /// Sends this socket's events of connecting to a PAIR at an inproc address.
  func monitor(_ address: String, _ events: Int32) throws(WireError) {
    try check(zmq_socket_monitor(pointer, address, events), "cannot watch a socket")
  }

  /// Stops the sending of events. To be done before the PAIR is closed: libzmq's I/O thread, which serves every socket of the
  /// context, would wait for ever to send an event to nobody.
  func stopMonitor() { zmq_socket_monitor(pointer, nil, 0) }

  private func check(_ result: Int32, _ what: @autoclosure () -> String) throws(WireError) {
    guard result == 0 else { throw WireError(.system, "\(what()): \(SystemCall.zmqMessage())") }
  }

  /// Readable when `events` may have changed.
  var descriptor: Int32 { integer(ZMQ_FD) }

  /// ZMQ_POLLIN and ZMQ_POLLOUT. Reading it processes what the I/O thread reported.
  var events: Int32 { integer(ZMQ_EVENTS) }

  private func integer(_ option: Int32) -> Int32 {
    var value: Int32 = 0
    var size = MemoryLayout<Int32>.size
    let result = SystemCall.retrying { zmq_getsockopt(pointer, option, &value, &size) }
    return result == 0 ? value : 0
  }

  /// Waits until one of some sockets can be read, and returns those that can: none when the time is over. Nil when their context is
  /// shut down.
  static func waitUntilReadable(_ sockets: [ZeroMQSocket], for limit: Duration?) -> [ZeroMQSocket]? {
    var items = sockets.map { zmq_pollitem_t(socket: $0.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
    let milliseconds = limit.map { Int(SocketOptions.milliseconds($0)) } ?? -1
    guard SystemCall.retrying({ zmq_poll(&items, Int32(items.count), milliseconds) }) >= 0 else { return nil }
    return zip(sockets, items).filter { $1.revents != 0 }.map(\.0)
  }

  /// Where the socket was bound.
  var lastEndpoint: String {
    var text = [CChar](repeating: 0, count: 1024)
    var size = text.count
    guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Sends one part, copying it.
  func send(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Sent {
    let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
    return outcome(SystemCall.retrying { zmq_send(pointer, bytes.baseAddress, bytes.count, flags) })
  }

  /// Sends one part without copying it; the buffer lives until libzmq is done with it.
  func send(_ buffer: SharedBuffer) -> Sent {
    let retained = Unmanaged.passRetained(buffer).toOpaque()
    var message = zmq_msg_t()
    let made = buffer.withBytes { bytes in
      zmq_msg_init_data(
        &message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count,
        { _, hint in
          if let hint { Unmanaged<SharedBuffer>.fromOpaque(hint).release() }
        }, retained)
    }
    guard made == 0 else {
      Unmanaged<SharedBuffer>.fromOpaque(retained).release()
      return .full
    }
    let result = outcome(SystemCall.retrying { zmq_msg_send(&message, pointer, ZMQ_DONTWAIT) })
    // Unsent, the message is still ours; closing it releases the buffer.
    if result != .sent { zmq_msg_close(&message) }
    return result
  }

  private func outcome(_ result: Int32) -> Sent {
    if result >= 0 { return .sent }
    return zmq_errno() == EAGAIN ? .full : .unreachable
  }

  /// Receives all parts of one message without waiting. Nil where there is none.
  func receive(_ parts: MessageParts) -> Int? {
    parts.clear()
    var count = 0
    while true {
      let slot = parts.slot(count)
      let result = SystemCall.retrying { zmq_msg_recv(slot, pointer, ZMQ_DONTWAIT) }
      guard result >= 0 else { return nil }
      count += 1
      if zmq_msg_more(slot) == 0 { return count }
    }
  }

  /// Receives all parts of one message as arrays, waiting for it. Nil when the context is shut down.
  func receiveBlocking() -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    while true {
      guard SystemCall.retrying({ zmq_msg_recv(&message, pointer, 0) }) >= 0 else { return nil }
      parts.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      if zmq_msg_more(&message) == 0 { return parts }
    }
  }

  /// Sends parts, waiting if need be. False when the context is shut down.
  func sendBlocking(_ parts: [[UInt8]]) -> Bool {
    for (index, part) in parts.enumerated() {
      let flags = index < parts.count - 1 ? ZMQ_SNDMORE : 0
      guard SystemCall.retrying({ zmq_send(pointer, part, part.count, flags) }) >= 0 else { return false }
    }
    return true
  }
}

/// Room for the parts of one received message, used again for the next.
final class MessageParts {
  /// Routing id, batch, payload, and one more into which everything beyond is received and forgotten.
  static let capacity = 4
  private let slots: UnsafeMutablePointer<zmq_msg_t>

  init() {
    slots = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity {
      (slots + index).initialize(to: zmq_msg_t())
      zmq_msg_init(slots + index)
    }
  }

  deinit {
    for index in 0..<Self.capacity { zmq_msg_close(slots + index) }
    slots.deallocate()
  }

  fileprivate func slot(_ index: Int) -> UnsafeMutablePointer<zmq_msg_t> { slots + min(index, Self.capacity - 1) }

  /// Gives back what the last message held; its memory is otherwise kept until the next one.
  func clear() {
    for index in 0..<Self.capacity {
      zmq_msg_close(slots + index)
      zmq_msg_init(slots + index)
    }
  }

  /// A part's bytes; valid until the next message.
  func bytes(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: zmq_msg_data(slots + index), count: zmq_msg_size(slots + index))
  }

  /// Runs `body` with the User-Id that ZAP gave the message's sender, as a C string.
  func userID(_ index: Int) -> UnsafePointer<CChar>? { zmq_msg_gets(slots + index, "User-Id") }
}
