import Logging
import Synchronization

/// The connections of one server: who is let in, who replaces whom. Entries are made and ended on the server's I/O thread;
/// other threads look.
final class Admissions: Sendable {
  struct Parameters: Sendable {
    let core: RPCConnectionCore.Configuration
    let connectionsMax: Int
    /// Of these, those of keys that are not enrolled.
    let strangersMax: Int
    let directory: KeyDirectory
    let handlers: RPCHandlers
    let logger: Logger
    let tracker = HandlerTracker()
  }

  /// What is told to a connection that another one of its key takes the place of: nobody hears it whose connection is dead.
  static let replacement = "a newer connection of the same key took this one's place: two agents use one key"

  private struct State {
    var connections: [CurvePublicKey: RPCConnection] = [:]
    var strangers = Strangers()
    var paces = RefusalPaces()
  }

  let parameters: Parameters
  let counters = ServerCounters()
  private let state = Mutex(State())
  private let isClosed = Atomic<Bool>(false)

  init(_ parameters: Parameters) { self.parameters = parameters }

  var all: [RPCConnection] { state.withLock { Array($0.connections.values) } }
  var count: Int { state.withLock { $0.connections.count } }
  func connection(of key: CurvePublicKey) -> RPCConnection? { state.withLock { $0.connections[key] } }

  /// Lets nobody in any more: the server stops.
  func close() { isClosed.store(true, ordering: .relaxed) }

  /// Lets a key in, on a new connection that fences the one it had: a peer that comes again knows its old one is dead before
  /// the server can. Where all places are taken, or all of those for keys that are not enrolled, the oldest of these gives way.
  ///
  /// - Returns: the connection, and those that are over because of it, to be flushed.
  func admit(
    _ key: CurvePublicKey, now: Moment, driver: any ConnectionDriver
  ) throws(RPCError) -> (new: RPCConnection, ended: [RPCConnection]) {
    guard !isClosed.load(ordering: .relaxed) else {
      throw RPCError(.unavailable, "the manager is stopping; connect again")
    }
    let directory = parameters.directory
    let known = directory.lookup(key)
    guard known != .revoked else { throw RPCError(.permissionDenied, "the key \(key) is revoked") }
    let displaced = try placeFor(key, isStranger: known == .unknown)
    // Of a connection that this one replaces, too.
    if let old = self.connection(of: key) { keepPace(of: old, now) }
    let pace =
      known == .unknown
      ? RefusalPace(burst: WireLimits.refusalsAtOnceForStrangers) : state.withLock { $0.paces.take(key) }
    let connection = RPCConnection(
      peer: key, core: RPCConnectionCore(side: .bound, configuration: parameters.core, refusals: pace, now: now),
      handlers: parameters.handlers, driver: driver, logger: parameters.logger,
      tracker: parameters.tracker, counters: counters, admission: { directory.lookup(key) })
    let replaced = state.withLock { state in
      if known == .unknown { state.strangers.add(connection.id, key) }
      return state.connections.updateValue(connection, forKey: key)
    }
    counters.connections.add(1, ordering: .relaxed)
    if let replaced {
      counters.replaced.add(1, ordering: .relaxed)
      replaced.fail(RPCError(.aborted, Self.replacement), notify: true)
    }
    if let displaced {
      counters.displacedStrangers.add(1, ordering: .relaxed)
      displaced.fail(
        RPCError(.resourceExhausted, "too many who are not enrolled are connected; connect again"), notify: true)
    }
    return (connection, [replaced, displaced].compactMap(\.self))
  }

  /// Makes sure of a place for a key: there is one, or it has one already, or it gets that of the connection returned.
  private func placeFor(_ key: CurvePublicKey, isStranger: Bool) throws(RPCError) -> RPCConnection? {
    let (parameters, directory) = (parameters, parameters.directory)
    let outcome: Result<RPCConnection?, RPCError> = state.withLock { state in
      let isFull = state.connections.count >= parameters.connectionsMax
      guard state.connections[key] == nil else { return .success(nil) }
      while isFull || (isStranger && state.strangers.count >= parameters.strangersMax),
        let oldest = state.strangers.takeOldest()
      {
        guard directory.lookup(oldest.key) == .unknown, let connection = state.connections[oldest.key],
          connection.id == oldest.connection
        else { continue }
        return .success(connection)
      }
      guard isFull else { return .success(nil) }
      return .failure(
        RPCError(.resourceExhausted, "\(parameters.connectionsMax) connections are open; come back later"))
    }
    return try outcome.get()
  }

  private func keepPace(of connection: RPCConnection, _ now: Moment) {
    guard case .known = parameters.directory.lookup(connection.peer) else { return }
    let pace = connection.refusals
    state.withLock { $0.paces.keep(pace, of: connection.peer, now: now) }
  }

  /// Forgets a connection that is over.
  func remove(_ connection: RPCConnection) {
    if self.connection(of: connection.peer) === connection { keepPace(of: connection, .now) }
    state.withLock { state in
      state.strangers.remove(connection.id)
      if state.connections[connection.peer] === connection { state.connections[connection.peer] = nil }
    }
  }
}
