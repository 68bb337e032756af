import CZeroMQ
import Glibc

/// A thread of our own, for C calls that block or must all come from one thread. It takes no signals: those are the main
/// thread's and other runtimes'.
enum BlockingThread {
  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Starts a detached thread. `name` has at most 15 bytes.
  static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(WireError) {
    let argument = Unmanaged.passRetained(Body(name, body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var everySignal = sigset_t()
    var before = sigset_t()
    sigfillset(&everySignal)
    pthread_sigmask(SIG_BLOCK, &everySignal, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        flotilla_name_thread(body.name)
        body.run()
        return nil
      }, argument.toOpaque())
    guard result == 0 else {
      argument.release()
      throw WireError(.system, "no thread for the bus: \(SystemCall.message(result)); raise the limit on processes")
    }
  }
}
