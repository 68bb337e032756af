import CZeroMQ

/// A libzmq context.
///
/// Unchecked: libzmq's contexts are safe to use from any thread, and the pointer never changes.
final class ZeroMQContext: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer

  init(ioThreads: Int, socketsMax: Int = 1023) throws(WireError) {
    guard let pointer = zmq_ctx_new() else {
      throw WireError(.system, "libzmq gives no context: \(SystemCall.zmqMessage())")
    }
    self.pointer = pointer
    zmq_ctx_set(pointer, ZMQ_IO_THREADS, Int32(clamping: max(1, ioThreads)))
    zmq_ctx_set(pointer, ZMQ_MAX_SOCKETS, Int32(clamping: socketsMax))
    // CURVE copies every message anyway, and each connection would keep room for 249 references to its buffer.
    zmq_ctx_set(pointer, ZMQ_ZERO_COPY_RECV, 0)
  }

  /// A new socket, which belongs to the calling thread.
  func socket(_ type: Int32) throws(WireError) -> ZeroMQSocket {
    guard let socket = zmq_socket(pointer, type) else {
      throw WireError(.system, "libzmq gives no socket: \(SystemCall.zmqMessage()); raise the limit on open files")
    }
    return ZeroMQSocket(socket)
  }

  /// Makes blocking calls on the context's sockets return, so that their threads can close them.
  func shutdown() { zmq_ctx_shutdown(pointer) }

  /// Frees the context, once every socket is closed and what lingers is sent. Blocks until then.
  func terminate() { _ = SystemCall.retrying { zmq_ctx_term(pointer) } }
}
