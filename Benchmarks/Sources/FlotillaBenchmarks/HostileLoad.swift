import Agent
import CZeroMQ
import Foundation
import Logging
import Wire

/// What a good agent's calls take at the 99th percentile while others misbehave, against the same without them, in turns.
///
/// The hostile ones: connections that begin as no ZMTP does, made again and again; enrolled peers that send what is no batch, are cut
/// off and come back, each time with a whole CURVE handshake, a millisecond of both sides' time; and a thousand calls a second of a
/// method that is not there. They are in a process of their own, which gets what processor time is left: theirs is not what is
/// measured.
enum HostileLoad {
  private static let method = Method<FetchChunk, FetchChunk>("bench.Echo/Echo")
  private static let missing = Method<FetchChunk, FetchChunk>("bench.Echo/Missing")
  private static let rounds = 5
  /// SCHED_IDLE, which Swift's Glibc module leaves out: runs where nothing else does.
  private static let idleScheduling: Int32 = 5
  private static let calls = 2_000
  /// Hostile connections of each kind in a second: of several agents that are broken, and of somebody who means it.
  private static let rates = [(suffix: "", rate: 5), (suffix: "-200", rate: 200)]

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
    let keys = try CurveKeyPair.generate()
    directory.set(keys.publicKey, identity: "bench/client")
    let client = BusClient(
      configuration: BusClientConfiguration(endpoints: [endpoint], serverKey: serverKeys.publicKey), keyPair: keys,
      logger: logger)
    let keyFile = NSTemporaryDirectory() + "flotilla-bench-\(UUID().uuidString).key"
    defer { try? FileManager.default.removeItem(atPath: keyFile) }
    directory.set(try CurveKeyFile.loadOrCreate(keyFile).publicKey, identity: "bench/caller")
    let malformed = try PlainKeyPair()
    directory.set(malformed.key, identity: "bench/hostile")
    let peers = [endpoint, serverKeys.publicKey.z85, keyFile, malformed.publicKey, malformed.secretKey]
    let pairs = try await client.withConnection { channel in
      var pairs: [Pair] = []
      for (_, rate) in rates {
        var pair = Pair(quiet: .infinity, loud: .infinity)
        for _ in 0..<rounds {
          pair.quiet = min(pair.quiet, try await percentile(channel))
          let before = server.counters
          let crowd = try SimulationWorker(arguments: ["--hostile"] + peers + ["\(rate)"]) { _ in }
          defer { crowd.end() }
          while server.counters.malformedMessages == before.malformedMessages {
            try await Task.sleep(for: .milliseconds(10))
          }
          pair.loud = min(pair.loud, try await percentile(channel))
        }
        pairs.append(pair)
      }
      return pairs
    }
    running.cancel()
    _ = try? await running.value
    return zip(rates, pairs).map { rate, pair in
      Figure(
        name: "hostile-p99\(rate.suffix)", value: pair.loud, unit: "us", reference: pair.quiet,
        ratio: pair.quiet / pair.loud)
    }
  }

  /// A key pair as libzmq writes it.
  private struct PlainKeyPair {
    let publicKey: String
    let secretKey: String
    let key: CurvePublicKey

    init() throws {
      var bytes = ([CChar](repeating: 0, count: 41), [CChar](repeating: 0, count: 41))
      zmq_curve_keypair(&bytes.0, &bytes.1)
      func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
      (publicKey, secretKey) = (text(bytes.0), text(bytes.1))
      key = try CurvePublicKey(z85: publicKey)
    }
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

  /// The hostile peers, in a process of their own: the endpoint, the server's key, the file of an enrolled key, another
  /// enrolled key pair, and connections of each kind in a second.
  static func misbehave(_ arguments: [String]) async throws {
    guard arguments.count == 6, let rate = Int(arguments[5]), rate > 0 else {
      throw Mistake("--hostile lacks arguments")
    }
    var parameters = sched_param()
    guard sched_setscheduler(0, idleScheduling, &parameters) == 0 else { throw Mistake("no SCHED_IDLE here") }
    let (endpoint, serverKey) = (arguments[0], try CurvePublicKey(z85: arguments[1]))
    let pause = Duration.seconds(1) / rate
    let caller = BusClient(
      configuration: BusClientConfiguration(endpoints: [endpoint], serverKey: serverKey),
      keyPair: try CurveKeyFile.loadOrCreate(arguments[2]),
      logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    Thread.detachNewThread {
      while readLine() != nil {}
      exit(0)
    }
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        while true {
          halfOpen(endpoint)
          try await Task.sleep(for: pause)
        }
      }
      group.addTask {
        let context = zmq_ctx_new()
        while true {
          malformed(context, endpoint, serverKey, arguments[3], arguments[4])
          try await Task.sleep(for: pause)
        }
      }
      group.addTask {
        _ = try? await caller.withConnection { channel in
          while true {
            _ = try? await channel.unary(missing, FetchChunk())
            try await Task.sleep(for: .milliseconds(1))
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
  private static func malformed(
    _ context: UnsafeMutableRawPointer?, _ endpoint: String, _ serverKey: CurvePublicKey, _ publicKey: String,
    _ secretKey: String
  ) {
    guard let dealer = zmq_socket(context, ZMQ_DEALER) else { return }
    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, serverKey.bytes, 32)
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, publicKey, 40)
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, secretKey, 40)
    var linger: Int32 = 2000
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, 4)
    zmq_setsockopt(dealer, ZMQ_ROUTING_ID, (0..<255).map { _ in UInt8.random(in: 1...255) }, 255)
    zmq_connect(dealer, endpoint)
    zmq_send(dealer, [UInt8](repeating: 255, count: 300), 300, ZMQ_DONTWAIT)
    zmq_close(dealer)
  }
}
