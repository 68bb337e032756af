import CZeroMQ
import Glibc
import Synchronization

/// An I/O thread, and the way to it from everywhere else.
///
/// The thread sleeps in `epoll_wait` on its sockets and an eventfd. Others add commands and connections to lists under a lock,
/// and write to the eventfd only when the thread sleeps: a busy thread takes whole lists at once.
final class IOLoop: ConnectionDriver {
  typealias Command = @Sendable (LoopState) -> Void

  private struct Shared {
    var commands: [Command] = []
    var scheduled: [RPCConnection] = []
    var isSleeping = false
    var isStopping = false
    var isStopped = false
    var stopWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let shared = Mutex(Shared())
  private let wakeDescriptor: Int32

  /// Starts the thread.
  init(named name: String) throws(WireError) {
    let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard descriptor >= 0 else { throw WireError(.system, "no eventfd for the bus: \(SystemCall.message())") }
    wakeDescriptor = descriptor
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw WireError(.system, "no epoll for the bus: \(SystemCall.message())") }
    try BlockingThread.start(named: name) {
      let state = LoopState(loop: self, epoll: epoll, wakeDescriptor: self.wakeDescriptor)
      self.run(state)
    }
  }

  deinit { close(wakeDescriptor) }

  /// Runs `command` on the thread. After the stop it is not run.
  func run(_ command: @escaping Command) { add { $0.commands.append(command) } }

  func schedule(_ connection: RPCConnection) { add { $0.scheduled.append(connection) } }

  /// Closes every participant, then ends the thread; returns when it has ended.
  func stop() async {
    add { $0.isStopping = true }
    await withCheckedContinuation { waiter in
      let isStopped = shared.withLock { shared in
        if !shared.isStopped { shared.stopWaiters.append(waiter) }
        return shared.isStopped
      }
      if isStopped { waiter.resume() }
    }
  }

  private func add(_ change: (inout Shared) -> Void) {
    let mustWake = shared.withLock { shared in
      guard !shared.isStopped else { return false }
      change(&shared)
      let wasSleeping = shared.isSleeping
      shared.isSleeping = false
      return wasSleeping
    }
    if mustWake { wake() }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = SystemCall.retrying { write(wakeDescriptor, &one, 8) }
  }

  private func run(_ state: LoopState) {
    while true {
      let (commands, scheduled, isStopping) = shared.withLock { shared in
        let taken = (shared.commands, shared.scheduled, shared.isStopping)
        shared.commands = []
        shared.scheduled = []
        return taken
      }
      for command in commands { command(state) }
      for connection in scheduled { state.flush(connection) }
      if isStopping { break }
      state.fireTimers()
      let isBusy = state.serviceActive()
      let maySleep = shared.withLock { shared in
        shared.isSleeping = !isBusy && shared.commands.isEmpty && shared.scheduled.isEmpty && !shared.isStopping
        return shared.isSleeping
      }
      state.wait(mayBlock: maySleep)
      shared.withLock { $0.isSleeping = false }
    }
    state.closeAll()
    let waiters = shared.withLock { shared in
      shared.isStopped = true
      shared.commands = []
      shared.scheduled = []
      let waiters = shared.stopWaiters
      shared.stopWaiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
