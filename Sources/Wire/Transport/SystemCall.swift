import CZeroMQ
import Glibc

/// Calls into the system and libzmq. Another runtime (Go's) shares the process and its signals, so every call that can be
/// interrupted is made again.
enum SystemCall {
  /// Makes the call until it is not interrupted.
  static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// What the last failed system call says.
  static func message(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }

  /// What the last failed call of libzmq says.
  static func zmqMessage() -> String { String(cString: zmq_strerror(zmq_errno())) }
}
