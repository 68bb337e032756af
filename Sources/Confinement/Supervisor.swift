import CConfinement
import Foundation
import Synchronization

/// The one thread that starts all children, feeds them, reads them and ends them.
///
/// One thread that stays: the kernel kills a child when the thread that started it ends. It never blocks but in `poll`,
/// where orders wake it.
final class Supervisor: Sendable {
  /// What the thread is told to do.
  enum Order: Sendable {
    case start(Start)
    /// Sends a server one request, or a peer one frame, which has no time-out.
    case send(UInt64, [UInt8], timeout: Duration?)
    /// Ends a server's or peer's input, and itself soon after.
    case finish(UInt64)
    case cancel(UInt64)
  }

  /// A child to be started.
  struct Start: Sendable {
    let id: UInt64
    let command: ConfinedCommand
    let purpose: SupervisedChild.Purpose
    let input: [UInt8]
    /// Whether its owner has given it up before it was started.
    let cancellation: CancellationFlag
    let report: @Sendable (ChildEvent) -> Void
  }

  static let shared = Supervisor()

  private let orders = Mutex<[Order]>([])
  private let lastID = Atomic<UInt64>(0)
  private let wakeup: Int32

  private init() {
    wakeup = confinement_wakeup()
    let thread = Thread { [self] in
      // Signals are for the process's other threads; one for a broken pipe is of no interest here.
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_SETMASK, &all, nil)
      var loop = SupervisorLoop(wakeup: wakeup)
      while true { loop.turn(takeOrders()) }
    }
    thread.name = "confinement"
    thread.start()
  }

  /// An id for a child.
  func makeID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Gives the thread an order; orders about one child are carried out in turn.
  func post(_ order: Order) {
    orders.withLock { $0.append(order) }
    var one: UInt64 = 1
    // It fails only when the thread has been told already.
    _ = write(wakeup, &one, 8)
  }

  private func takeOrders() -> [Order] {
    orders.withLock { orders in
      defer { orders = [] }
      return orders
    }
  }
}

/// Whether a child that waits for its start is still wanted.
final class CancellationFlag: Sendable {
  private let isSet = Atomic(false)

  func set() { isSet.store(true, ordering: .releasing) }

  var value: Bool { isSet.load(ordering: .acquiring) }
}
