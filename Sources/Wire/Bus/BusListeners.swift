import CZeroMQ
import Synchronization

/// An open endpoint of a server.
protocol BusListener: Sendable {
  var endpoint: String { get }
  /// Ends every connection and frees the endpoint; returns when that is done.
  func stop() async
}

/// A ROUTER socket, its I/O thread, its context and its ZAP thread.
struct SocketListener: BusListener {
  let endpoint: String
  private let context: ZeroMQContext
  private let loop: IOLoop
  private let zapEnded: Signal

  static func open(
    _ configuration: BusServerConfiguration, _ keyPair: CurveKeyPair, _ admissions: Admissions
  ) async throws(WireError) -> SocketListener {
    let context = try ZeroMQContext(ioThreads: configuration.ioThreads)
    let zapEnded = Signal()
    try ZAPHandler.start(context, admissions.parameters.directory, admissions.counters) { zapEnded.set() }
    let loop = try IOLoop(named: "bus-router")
    let bound: Result<String, WireError> = await withCheckedContinuation { continuation in
      loop.run { state in
        do throws(WireError) {
          let router = try RouterEndpoint(context, configuration, keyPair, admissions)
          state.add(router)
          state.add(router.listening)
          continuation.resume(returning: .success(router.boundEndpoint))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    do throws(WireError) {
      return SocketListener(endpoint: try bound.get(), context: context, loop: loop, zapEnded: zapEnded)
    } catch {
      await stop(context, loop, zapEnded)
      throw error
    }
  }

  private init(endpoint: String, context: ZeroMQContext, loop: IOLoop, zapEnded: Signal) {
    self.endpoint = endpoint
    self.context = context
    self.loop = loop
    self.zapEnded = zapEnded
  }

  func stop() async { await Self.stop(context, loop, zapEnded) }

  private static func stop(_ context: ZeroMQContext, _ loop: IOLoop, _ zapEnded: Signal) async {
    await loop.stop()
    context.shutdown()
    await zapEnded.wait()
    // Waits for what lingers, so it has a thread of its own; without one the context is left to the process' end.
    let terminated = Signal()
    do throws(WireError) {
      try BlockingThread.start(named: "bus-end") {
        context.terminate()
        terminated.set()
      }
      await terminated.wait()
    } catch {}
  }
}

/// The in-process transport under a name.
struct InProcessListener: BusListener {
  let endpoint: String
  private let loop: IOLoop

  init(_ endpoint: String, _ keyPair: CurveKeyPair, _ admissions: Admissions) throws(WireError) {
    self.endpoint = endpoint
    let loop = try IOLoop(named: "bus-inproc")
    self.loop = loop
    let holder = InProcessHolder()
    loop.run { state in
      let participant = InProcessEndpoint(admissions) { InProcessRegistry.close(endpoint) }
      state.add(participant)
      holder.set(participant, state)
    }
    let accept: @Sendable (RPCConnection, CurvePublicKey) -> Void = { client, key in
      loop.run { state in holder.accept(client, key, state) }
    }
    try InProcessRegistry.listen(
      at: endpoint, InProcessRegistry.Listener(serverKey: keyPair.publicKey, accept: accept, driver: loop))
  }

  func stop() async { await loop.stop() }
}

/// Carries the endpoint from the command that makes it to those that use it.
///
/// Unchecked: `participant` is touched only by commands of one I/O loop, which all run on its one thread.
private final class InProcessHolder: @unchecked Sendable {
  private var participant: InProcessEndpoint?

  func set(_ participant: InProcessEndpoint, _ loop: LoopState) { self.participant = participant }
  func accept(_ client: RPCConnection, _ key: CurvePublicKey, _ loop: LoopState) {
    participant?.accept(client, key: key, loop)
  }
}

/// Something that happens once and can be waited for.
final class Signal: Sendable {
  private struct State {
    var isSet = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func set() {
    let waiters = state.withLock { state in
      state.isSet = true
      let waiters = state.waiters
      state.waiters = []
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { waiter in
      let isSet = state.withLock { state in
        if !state.isSet { state.waiters.append(waiter) }
        return state.isSet
      }
      if isSet { waiter.resume() }
    }
  }
}
