import CZeroMQ
import Foundation
import Logging
import Synchronization
import Wire

/// What a good agent's calls take at the 99th percentile while others misbehave, against the same without them, in turns.
///
/// The hostile ones: connections that never finish a handshake, made again and again; enrolled peers that send what is no batch, are
/// cut off and come back; and calls of methods that are not there.
enum HostileLoad {
  private static let method = Method<FetchChunk, FetchChunk>("bench.Echo/Echo")
  private static let missing = Method<FetchChunk, FetchChunk>("bench.Echo/Missing")
  private static let rounds = 5
  private static let calls = 2_000
  /// What the hostile ones do in a second, together: more than any mistake, less than what takes a core for itself.
  private static let pause = Duration.milliseconds(5)

  static func run() async throws -> [Figure] {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var handlers = RPCHandlers()
    handlers.unary(method) { request, _ in request }
    let (serverKeys, directory) = (try CurveKeyPair.generate(), KeyDirectory())
    let server = BusServer(
      configuration: BusServerConfiguration(endpoint: "tcp://127.0.0.1:*"), keyPair: serverKeys, directory: directory,
      handlers: handlers, logger: logger)
    let running = Task { try await server.run() }
    let endpoint = try await server.boundEndpoint()
    let client: @Sendable () throws -> BusClient = {
      let keys = try CurveKeyPair.generate()
      directory.set(keys.publicKey, identity: "bench/client")
      return BusClient(
        configuration: BusClientConfiguration(endpoints: [endpoint], serverKey: serverKeys.publicKey), keyPair: keys,
        logger: logger)
    }
    let pair = try await client().withConnection { channel in
      var (quiet, loud) = (Double.infinity, Double.infinity)
      for _ in 0..<rounds {
        quiet = min(quiet, try await percentile(channel))
        let crowd = hostile(endpoint, serverKeys.publicKey, directory, client)
        loud = min(loud, try await percentile(channel))
        crowd.cancel()
        await crowd.value
      }
      return Pair(quiet: quiet, loud: loud)
    }
    guard server.counters.malformedMessages > rounds, server.counters.connections > rounds else {
      throw Mistake("the hostile peers did nothing")
    }
    running.cancel()
    _ = try? await running.value
    return [
      Figure(
        name: "hostile-p99", value: pair.loud, unit: "us", reference: pair.quiet, ratio: pair.quiet / pair.loud)
    ]
  }

  private struct Pair: Sendable {
    var quiet: Double
    var loud: Double
  }

  /// The 99th percentile of calls that are made one every millisecond, as an agent's come: in microseconds.
  private static func percentile(_ channel: RPCChannel) async throws -> Double {
    var times: [Duration] = []
    let message = FetchChunk(data: [UInt8](repeating: 1, count: 125))
    for _ in 0..<calls {
      let began = ContinuousClock.now
      _ = try await channel.unary(method, message)
      times.append(ContinuousClock.now - began)
      try await Task.sleep(for: .milliseconds(1))
    }
    return Measure.seconds(times.sorted()[times.count * 99 / 100]) * 1e6
  }

  private static func hostile(
    _ endpoint: String, _ serverKey: CurvePublicKey, _ directory: KeyDirectory,
    _ client: @escaping @Sendable () throws -> BusClient
  ) -> Task<Void, Never> {
    Task {
      await withDiscardingTaskGroup { group in
        group.addTask {
          while !Task.isCancelled {
            halfOpen(endpoint)
            try? await Task.sleep(for: pause)
          }
        }
        group.addTask {
          while !Task.isCancelled {
            malformed(endpoint, serverKey, directory)
            try? await Task.sleep(for: pause)
          }
        }
        group.addTask {
          _ = try? await client().withConnection { channel in
            while !Task.isCancelled {
              _ = try? await channel.unary(missing, FetchChunk())
              try await Task.sleep(for: pause / 5)
            }
          }
        }
      }
    }
  }

  /// A TCP connection that begins as no ZMTP does, and goes.
  private static func halfOpen(_ endpoint: String) {
    guard let port = UInt16(endpoint.split(separator: ":").last ?? "") else { return }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    _ = send(descriptor, "GET / HTTP/1.1\r\n\r\n", 18, Int32(MSG_NOSIGNAL))
  }

  /// An enrolled peer under a routing id of its own choice that sends bytes.
  private static func malformed(_ endpoint: String, _ serverKey: CurvePublicKey, _ directory: KeyDirectory) {
    var publicKey = [CChar](repeating: 0, count: 41)
    var secretKey = publicKey
    zmq_curve_keypair(&publicKey, &secretKey)
    let text = String(decoding: publicKey.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let key = try? CurvePublicKey(z85: text) else { return }
    directory.set(key, identity: "bench/hostile")
    let context = zmq_ctx_new()
    guard let dealer = zmq_socket(context, ZMQ_DEALER) else { return }
    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, serverKey.bytes, 32)
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, publicKey, 40)
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, secretKey, 40)
    var linger: Int32 = 20
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, 4)
    zmq_setsockopt(dealer, ZMQ_ROUTING_ID, [UInt8](repeating: 70, count: 255), 255)
    zmq_connect(dealer, endpoint)
    zmq_send(dealer, [UInt8](repeating: 255, count: 300), 300, ZMQ_DONTWAIT)
    zmq_close(dealer)
    zmq_ctx_term(context)
    directory.remove(key)
  }
}
