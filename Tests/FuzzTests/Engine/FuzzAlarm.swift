import Glibc

/// Says which input was being decoded when the process traps, aborts, or does not come to an end.
///
/// A signal handler may do next to nothing: it writes the line that was put into fixed memory before the input was tried.
enum FuzzAlarm {
  private static let capacity = 512
  /// How long one input may take, in seconds: only an endless loop takes so long.
  private static let secondsPerInput: UInt32 = 120

  // Written by the one task that fuzzes, and read by the handler of a signal that stops it.
  nonisolated(unsafe) private static let line = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  nonisolated(unsafe) private static var length = 0

  private static let installed: Void = {
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM] {
      signal(number) { number in FuzzAlarm.tell(number) }
    }
  }()

  static func install() { _ = installed }

  /// The next input's line, and its time begins.
  static func set(_ again: String) {
    length = 0
    for byte in "\nfuzz: a decoder trapped or does not end; again: \(again)\n".utf8.prefix(capacity) {
      line[length] = byte
      length += 1
    }
    alarm(secondsPerInput)
  }

  /// The fuzzing is over.
  static func clear() { alarm(0) }

  private static func tell(_ number: Int32) {
    _ = write(2, line, length)
    signal(number, SIG_DFL)
    raise(number == SIGALRM ? SIGABRT : number)
  }
}
