import Foundation
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Agent

@Suite("The agent's health", .timeLimit(.minutes(1)))
struct HealthTests {
  private func curl(_ arguments: String...) async throws -> String {
    try await Command(["curl", "-s", "-m", "20", "-w", " %{http_code}"] + arguments).checked()
  }

  /// Runs a server around a body, which is told its address.
  private func serving(
    _ answer: @escaping @Sendable (String) async -> HealthServer.Answer?, _ body: @escaping (Int) async throws -> Void
  ) async throws {
    let port = Mutex(0)
    let server = Task {
      try await HealthServer(host: "127.0.0.1", port: 0, answer: answer).run { bound in port.withLock { $0 = bound } }
    }
    try await eventually("it listens") { port.withLock { $0 } != 0 }
    try await body(port.withLock { $0 })
    server.cancel()
    _ = await server.result
  }

  @Test("an agent is alive from its start, ready while it has a session, and says what it waits for")
  func phases() async throws {
    let health = AgentHealth()
    func ready() -> (Int?, String) {
      let answer = health.answer("/readyz")
      return (answer?.status, String(decoding: answer?.body ?? [], as: UTF8.self))
    }
    #expect(health.answer("/livez")?.status == 200)
    #expect(ready() == (503, "starting\n"))
    health.joining()
    #expect(ready().1.contains("joining"))
    health.joined("fleet-default/edge") { 3 }
    #expect(ready() == (503, "no session with the manager\n"))
    health.connected()
    #expect(ready() == (200, "connected as fleet-default/edge\n"))
    let metrics = String(decoding: health.answer("/metrics")?.body ?? [], as: UTF8.self)
    #expect(metrics.contains("flotilla_agent_connected 1\n") && metrics.contains("flotilla_agent_deployments 3\n"))
    health.disconnected("refused")
    #expect(ready() == (503, "no session with the manager: refused\n"))
    #expect(health.answer("/livez")?.status == 200, "it goes on without its manager")
    #expect(health.answer("/") == nil)
  }

  @Test("probes are answered by path, anything else is refused, and connections that say nothing hold up nobody")
  func server() async throws {
    try await serving({ $0 == "/livez" ? .init(200, "ok") : nil }) { port in
      // One place is left.
      let silent = try await withThrowingTaskGroup(of: Int32.self) { group in
        for _ in 1..<HealthServer.connections { group.addTask { try Self.connect(port) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(try await curl("http://127.0.0.1:\(port)/livez?verbose") == "ok\n 200")
      #expect(try await curl("http://127.0.0.1:\(port)/").hasSuffix(" 404"))
      #expect(try await curl("-X", "POST", "-d", "x", "http://127.0.0.1:\(port)/livez").hasSuffix(" 405"))
      #expect(try await curl("-I", "http://127.0.0.1:\(port)/livez").contains("content-length: 3"))
      for descriptor in silent { close(descriptor) }
    }
  }

  @Test("an address that somebody else has is named, and the agent ends")
  func portInUse() async throws {
    try await serving({ _ in nil }) { port in
      let state = try TemporaryDirectory()
      // Its cluster does not answer, so by itself it would wait for ever.
      let values = try AgentValues(parsing: Array("{managerEndpoints: [tcp://127.0.0.1:1]}".utf8), file: "values")
      var configuration = AgentConfiguration(
        manager: .registration(values), cluster: .kubeconfigText(Self.absent), stateDirectory: state.path)
      configuration.identitySecret = "identity"
      configuration.healthAddress = ("127.0.0.1", port)
      let agent = AgentService(configuration: configuration, logger: MessageLog().logger)
      let error = await #expect(throws: AgentError.self) { try await agent.run() }
      #expect(error?.code == .address)
      #expect(
        error?.message.contains("127.0.0.1:\(port)") == true && error?.message.contains("--health-address") == true)
    }
  }

  private static let absent = """
    current-context: c
    contexts: [{name: c, context: {cluster: c}}]
    clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
    """

  private static func connect(_ port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Command.Failure("no connection: \(String(cString: strerror(errno)))") }
    return descriptor
  }
}
