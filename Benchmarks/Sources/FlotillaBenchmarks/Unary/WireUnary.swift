import Logging
import Wire

/// Unary calls over Wire with CURVE, against the same over gRPC with TLS.
///
/// Both: one process, one connection over loopback, 128 bytes each way, a handler that sends back what it got, and the same callers
/// on the same executor. Wire reads and writes protobuf on the way; gRPC is handed raw bytes. Each side has the better of its rounds,
/// which take turns.
enum WireUnary {
  private static let method = Method<FetchChunk, FetchChunk>("bench.Echo/Echo")
  private static let bytes = 128
  private static let rounds = 3
  /// As many as keep two cores busy, and as a connection allows at once.
  private static let busy = UnaryLoad(callers: 64, calls: 500)
  private static let single = UnaryLoad(callers: 1, calls: 5_000)

  static func run() async throws -> [Figure] {
    let (busyOurs, busyTheirs) = try await compare(busy)
    let (singleOurs, singleTheirs) = try await compare(single)
    func figure(_ name: String, _ unit: String, _ value: Double, _ reference: Double, _ ratio: Double) -> Figure {
      Figure(name: name, value: value, unit: unit, reference: reference, ratio: ratio)
    }
    return [
      figure("wire-unary", "calls/s", busyOurs.rate, busyTheirs.rate, busyOurs.rate / busyTheirs.rate),
      figure("wire-unary-p50", "us", busyOurs.median, busyTheirs.median, busyTheirs.median / busyOurs.median),
      figure(
        "wire-unary-single-p50", "us", singleOurs.median, singleTheirs.median, singleTheirs.median / singleOurs.median),
    ]
  }

  private static func compare(_ load: UnaryLoad) async throws -> (UnaryLoad.Outcome, UnaryLoad.Outcome) {
    var (ours, theirs) = (UnaryLoad.Outcome?.none, UnaryLoad.Outcome?.none)
    for _ in 0..<rounds {
      let next = (try await wire(load), try await GRPCUnary.run(load, bytes: bytes))
      ours = better(ours, next.0)
      theirs = better(theirs, next.1)
    }
    guard let ours, let theirs else { throw Mistake("no round was run") }
    return (ours, theirs)
  }

  private static func better(_ known: UnaryLoad.Outcome?, _ next: UnaryLoad.Outcome) -> UnaryLoad.Outcome {
    guard let known else { return next }
    return UnaryLoad.Outcome(rate: max(known.rate, next.rate), median: min(known.median, next.median))
  }

  private static func wire(_ load: UnaryLoad) async throws -> UnaryLoad.Outcome {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var handlers = RPCHandlers()
    handlers.unary(method) { request, _ in request }
    let (serverKeys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let directory = KeyDirectory()
    directory.set(clientKeys.publicKey, identity: "bench/client")
    let server = BusServer(
      configuration: BusServerConfiguration(endpoint: "tcp://127.0.0.1:*"), keyPair: serverKeys, directory: directory,
      handlers: handlers, logger: logger)
    let running = Task { try await server.run() }
    let client = BusClient(
      configuration: BusClientConfiguration(
        endpoints: [try await server.boundEndpoint()], serverKey: serverKeys.publicKey), keyPair: clientKeys,
      logger: logger)
    // Three bytes of each message are protobuf's.
    let message = FetchChunk(data: [UInt8](repeating: 1, count: bytes - 3))
    let outcome = try await client.withConnection { channel in
      try await load.run {
        guard try await channel.unary(method, message).data.count == message.data.count else {
          throw Mistake("an answer is not what was sent")
        }
      }
    }
    running.cancel()
    _ = try? await running.value
    return outcome
  }
}
