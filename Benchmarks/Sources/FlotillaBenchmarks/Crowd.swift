import CZeroMQ
import Foundation
import Logging
import Wire

/// The others on the bus, in a process of their own, which gets what processor time is left: theirs is not what is measured.
///
/// The hostile ones: connections that begin as no ZMTP does, made again and again; enrolled peers that send what is no batch, are cut
/// off and come back, each time with a whole CURVE handshake, a millisecond of both sides' time; and a thousand calls a second of a
/// method that is not there, by one who does not wait for answers and comes back a second after it is cut off. The good ones do as
/// much of the same kinds: connections that only end, visits with a call each, and a thousand calls a second.
enum Crowd {
  enum Conduct: String, CaseIterable {
    case hostile
    case good
  }

  static let method = Method<FetchChunk, FetchChunk>("bench.Echo/Echo")
  private static let missing = Method<FetchChunk, FetchChunk>("bench.Echo/Missing")
  /// How long a hostile call waits for its answer: shorter than refusals are kept waiting.
  private static let patience = Duration.milliseconds(20)
  private static let pauseAfterCut = Duration.seconds(1)
  /// SCHED_IDLE, which Swift's Glibc module leaves out: runs where nothing else does.
  private static let idleScheduling: Int32 = 5

  /// Works until standard input ends: the endpoint, the server's key, the files of two enrolled keys, another enrolled key pair,
  /// connections of each kind in a second, and the conduct.
  static func run(_ arguments: [String]) async throws {
    guard arguments.count == 8, let rate = Int(arguments[6]), rate > 0, let conduct = Conduct(rawValue: arguments[7])
    else { throw Mistake("--hostile lacks arguments") }
    var parameters = sched_param()
    guard sched_setscheduler(0, idleScheduling, &parameters) == 0 else { throw Mistake("no SCHED_IDLE here") }
    let (endpoint, serverKey) = (arguments[0], try CurvePublicKey(z85: arguments[1]))
    let pause = Duration.seconds(1) / rate
    let clients = try arguments[2...3].map { file in
      BusClient(
        configuration: BusClientConfiguration(endpoints: [endpoint], serverKey: serverKey),
        keyPair: try CurveKeyFile.loadOrCreate(file), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }
    let (caller, visitor) = (clients[0], clients[1])
    Thread.detachNewThread {
      while readLine() != nil {}
      exit(0)
    }
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        while true {
          open(endpoint, conduct)
          try await Task.sleep(for: pause)
        }
      }
      group.addTask {
        let context = zmq_ctx_new()
        while true {
          switch conduct {
          case .hostile: malformed(context, endpoint, serverKey, arguments[4], arguments[5])
          case .good: try await visitor.withConnection { _ = try await $0.unary(method, FetchChunk()) }
          }
          try await Task.sleep(for: pause)
        }
      }
      group.addTask {
        while true {
          _ = try? await caller.withConnection { channel in
            switch conduct {
            case .hostile: await callInVain(channel)
            case .good:
              while true {
                _ = try await channel.unary(method, FetchChunk())
                try await Task.sleep(for: .milliseconds(1))
              }
            }
          }
          try await Task.sleep(for: pauseAfterCut)
        }
      }
    }
  }

  /// Calls what is not there a thousand times a second, answered or not, until the connection is over.
  private static func callInVain(_ channel: RPCChannel) async {
    await withTaskGroup { group in
      // There is none here, so it comes back when the connection is over.
      group.addTask { _ = await channel.goaway() }
      group.addTask {
        await withDiscardingTaskGroup { calls in
          while !Task.isCancelled {
            calls.addTask { _ = try? await channel.unary(missing, FetchChunk(), deadline: patience) }
            try? await Task.sleep(for: .milliseconds(1))
          }
        }
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// A TCP connection that begins as no ZMTP does, or says nothing, and goes.
  private static func open(_ endpoint: String, _ conduct: Conduct) {
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
    if conduct == .hostile { _ = send(descriptor, "GET / HTTP/1.1\r\n\r\n", 18, Int32(MSG_NOSIGNAL)) }
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
