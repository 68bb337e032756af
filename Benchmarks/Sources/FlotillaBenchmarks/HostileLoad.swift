import Agent
import CZeroMQ
import Foundation
import Logging
import Wire

/// What a good agent's calls take at the 99th percentile while others misbehave, against the same without them and against the same
/// beside as many others that behave (`-busy`), in turns: the one says what the processors' time costs, the other what hostility does.
enum HostileLoad {
  private static let calls = 2_000
  /// Hostile connections of each kind in a second: of several agents that are broken, and of somebody who means it.
  private static let rates = [(suffix: "", rate: 5, rounds: 9), (suffix: "-200", rate: 200, rounds: 5)]

  static func run() async throws -> [Figure] {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var handlers = RPCHandlers()
    handlers.unary(Crowd.method) { request, _ in request }
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
    let keyFiles = ["caller", "visitor"].map {
      NSTemporaryDirectory() + "flotilla-bench-\(UUID().uuidString)-\($0).key"
    }
    defer { for file in keyFiles { try? FileManager.default.removeItem(atPath: file) } }
    for file in keyFiles {
      directory.set(try CurveKeyFile.loadOrCreate(file).publicKey, identity: "bench/\(file)")
    }
    let malformed = try PlainKeyPair()
    directory.set(malformed.key, identity: "bench/hostile")
    let peers = [endpoint, serverKeys.publicKey.z85] + keyFiles + [malformed.publicKey, malformed.secretKey]
    let measured = try await client.withConnection { channel in
      var measured: [Times] = []
      for (_, rate, rounds) in rates {
        let times = Times()
        for _ in 0..<rounds {
          times.quiet.note(try await percentile(channel))
          for conduct in Crowd.Conduct.allCases {
            let before = server.counters
            let (ends, ended) = AsyncStream<Void>.makeStream()
            let crowd = try SimulationWorker(arguments: ["--hostile"] + peers + ["\(rate)", conduct.rawValue]) { word in
              if case .ended = word { ended.finish() }
            }
            defer { crowd.end() }
            while server.counters.handshakes < before.handshakes + 3 { try await Task.sleep(for: .milliseconds(10)) }
            let time = try await percentile(channel)
            crowd.end()
            for await _ in ends {}
            // What it sent last is taken in, too.
            try await Task.sleep(for: .milliseconds(100))
            let malformed = server.counters.malformedMessages - before.malformedMessages
            switch conduct {
            case .hostile:
              guard malformed > 0 else { throw Mistake("the hostile ones were not") }
              times.hostile.note(time)
            case .good:
              guard malformed == 0 else { throw Mistake("the good ones were hostile") }
              times.busy.note(time)
            }
          }
        }
        measured.append(times)
      }
      return measured
    }
    running.cancel()
    _ = try? await running.value
    return zip(rates, measured).flatMap { rate, times in
      [("", times.quiet), ("-busy", times.busy)].map { kind, reference in
        Figure(
          name: "hostile-p99\(rate.suffix)\(kind)", value: times.hostile.median, unit: "us",
          reference: reference.median, ratio: reference.median / times.hostile.median)
      }
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

  /// A 99th percentile of each round; the middle one counts, since the least is luck where the machine is shared.
  private struct Times: Sendable {
    let quiet = Samples()
    let hostile = Samples()
    let busy = Samples()
  }

  /// The 99th percentile of calls that are made one every millisecond, as an agent's come: in microseconds.
  private static func percentile(_ channel: RPCChannel) async throws -> Double {
    var times: [Duration] = []
    let message = FetchChunk(data: [UInt8](repeating: 1, count: 125))
    for _ in 0..<calls {
      let began = ContinuousClock.now
      _ = try await channel.unary(Crowd.method, message)
      times.append(ContinuousClock.now - began)
      try await Task.sleep(for: .milliseconds(1))
    }
    return Measure.seconds(times.sorted()[times.count * 99 / 100]) * 1e6
  }
}
