import Logging
import Synchronization

/// The connections of one server: who is let in, who replaces whom. Entries are made and ended on the server's I/O thread;
/// other threads look.
final class Admissions: Sendable {
  struct Parameters: Sendable {
    let core: RPCConnectionCore.Configuration
    let connectionsMax: Int
    let directory: KeyDirectory
    let handlers: RPCHandlers
    let logger: Logger
    let tracker = HandlerTracker()
  }

  /// What is told to a connection that another one of its key takes the place of: nobody hears it whose connection is dead.
  static let replacement = "a newer connection of the same key took this one's place: two agents use one key"

  let parameters: Parameters
  let counters = ServerCounters()
  private let connections = Mutex<[CurvePublicKey: RPCConnection]>([:])
  private let isClosed = Atomic<Bool>(false)

  init(_ parameters: Parameters) { self.parameters = parameters }

  var all: [RPCConnection] { connections.withLock { Array($0.values) } }
  var count: Int { connections.withLock { $0.count } }
  func connection(of key: CurvePublicKey) -> RPCConnection? { connections.withLock { $0[key] } }

  /// Lets nobody in any more: the server stops.
  func close() { isClosed.store(true, ordering: .relaxed) }

  /// Lets a key in, on a new connection that fences the one it had: a peer that comes again knows its old one is dead before
  /// the server can.
  func admit(
    _ key: CurvePublicKey, now: Moment, driver: any ConnectionDriver
  ) throws(RPCError) -> (new: RPCConnection, replaced: RPCConnection?) {
    guard !isClosed.load(ordering: .relaxed) else {
      throw RPCError(.unavailable, "the manager is stopping; connect again")
    }
    let directory = parameters.directory
    guard directory.lookup(key) != .revoked else { throw RPCError(.permissionDenied, "the key \(key) is revoked") }
    guard count < parameters.connectionsMax || connection(of: key) != nil else {
      throw RPCError(.resourceExhausted, "\(parameters.connectionsMax) connections are open; come back later")
    }
    let connection = RPCConnection(
      peer: key, core: RPCConnectionCore(side: .bound, configuration: parameters.core, now: now),
      handlers: parameters.handlers, driver: driver, logger: parameters.logger,
      tracker: parameters.tracker, counters: counters, admission: { directory.lookup(key) })
    let replaced = connections.withLock { $0.updateValue(connection, forKey: key) }
    counters.connections.add(1, ordering: .relaxed)
    if let replaced {
      counters.replaced.add(1, ordering: .relaxed)
      replaced.fail(RPCError(.aborted, Self.replacement), notify: true)
    }
    return (connection, replaced)
  }

  /// Forgets a connection that is over.
  func remove(_ connection: RPCConnection) {
    connections.withLock { connections in
      if connections[connection.peer] === connection { connections[connection.peer] = nil }
    }
  }
}
