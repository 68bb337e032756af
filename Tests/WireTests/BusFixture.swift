import Logging
import Synchronization
import Testing

@testable import Wire

/// The two transports that every promise of the bus is tested over.
enum Transport: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case sockets
  case inProcess

  var testDescription: String { rawValue }

  private static let lastName = Atomic<Int>(0)

  /// An endpoint that nobody else uses.
  func freeEndpoint() -> String {
    switch self {
    case .sockets: "tcp://127.0.0.1:*"
    case .inProcess: "in-process:test-\(Self.lastName.add(1, ordering: .relaxed).newValue)"
    }
  }
}

let quiet = Logger(label: "wire-tests") { _ in SwiftLogNoOpLogHandler() }

/// A running server and what is needed to reach it.
struct Bus: Sendable {
  let server: BusServer
  let endpoint: String
  let serverKeys: CurveKeyPair
  let directory: KeyDirectory

  /// A client whose key is enrolled as `identity`; nil leaves it unknown.
  func client(
    identity: String? = "fleet-default/one", keys: CurveKeyPair? = nil, handlers: RPCHandlers = RPCHandlers(),
    _ change: (inout BusClientConfiguration) -> Void = { _ in }
  ) throws -> (client: BusClient, key: CurvePublicKey) {
    let keys = try keys ?? CurveKeyPair.generate()
    if let identity { directory.set(keys.publicKey, identity: identity) }
    var configuration = BusClientConfiguration(endpoints: [endpoint], serverKey: serverKeys.publicKey)
    change(&configuration)
    return (BusClient(configuration: configuration, keyPair: keys, handlers: handlers, logger: quiet), keys.publicKey)
  }
}

/// Runs `body` with a server that is stopped afterwards.
func withBus(
  _ transport: Transport, handlers: RPCHandlers, keys: CurveKeyPair? = nil, directory: KeyDirectory = KeyDirectory(),
  endpoint: String? = nil, _ change: (inout BusServerConfiguration) -> Void = { _ in },
  _ body: @Sendable (Bus) async throws -> Void
) async throws {
  var configuration = BusServerConfiguration(endpoint: endpoint ?? transport.freeEndpoint())
  change(&configuration)
  let keys = try keys ?? CurveKeyPair.generate()
  let server = BusServer(
    configuration: configuration, keyPair: keys, directory: directory, handlers: handlers, logger: quiet)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await server.run() }
    let bus = Bus(server: server, endpoint: try await server.boundEndpoint(), serverKeys: keys, directory: directory)
    do {
      try await body(bus)
      group.cancelAll()
      try? await group.waitForAll()
    } catch {
      group.cancelAll()
      try? await group.waitForAll()
      throw error
    }
  }
}

/// Waits until `condition` holds; fails the test when it does not in time.
func eventually(
  _ what: String, within limit: Duration = .seconds(10), _ condition: @Sendable () async -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while await !condition() {
    guard clock.now < end else {
      Issue.record("not within \(limit): \(what)")
      throw CancellationError()
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// Fails the test when `body` takes longer; so a hang is a failure that names itself.
func within<Result: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw RPCError(.deadlineExceeded, "the test's own limit of \(limit) is over")
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}

/// The error that `body` throws, where it is an `RPCError` with this code.
func expectCode(_ code: StatusCode, _ body: () async throws -> Void, at location: SourceLocation = #_sourceLocation)
  async
{
  do {
    try await body()
    Issue.record("nothing was thrown where \(code) was expected", sourceLocation: location)
  } catch let error as RPCError {
    #expect(error.code == code, "\(error)", sourceLocation: location)
  } catch {
    Issue.record("\(error) was thrown where \(code) was expected", sourceLocation: location)
  }
}

/// Methods for tests; a chunk carries any bytes.
enum TestMethods {
  static let echo = Method<FetchChunk, FetchChunk>("flotilla.test.Echo/Unary")
  static let echoStream = Method<FetchChunk, FetchChunk>("flotilla.test.Echo/Stream")
  static let count = Method<FetchRequest, FetchChunk>("flotilla.test.Count/Down")
  static let sum = Method<FetchRequest, FetchChunk>("flotilla.test.Sum/Up")
  static let hang = Method<FetchRequest, FetchChunk>("flotilla.test.Hang/Unary")
  static let fail = Method<FetchRequest, FetchChunk>("flotilla.test.Fail/Unary")

  /// Handlers of all of them. `hang` says on `hanging` when it begins (+1) and when it is cancelled (-1).
  static func handlers(hanging: Box<Int> = Box(0)) -> RPCHandlers {
    var handlers = RPCHandlers()
    handlers.unary(echo, access: .anyone) { request, _ in request }
    handlers.stream(echoStream) { stream, _ in
      for try await message in stream.messages { try await stream.send(message) }
    }
    handlers.stream(count) { stream, _ in
      for try await request in stream.messages {
        for number in 0..<request.offset { try await stream.send(FetchChunk(offset: number)) }
      }
    }
    handlers.stream(sum) { stream, _ in
      var total: UInt64 = 0
      for try await request in stream.messages { total += request.offset }
      try await stream.send(FetchChunk(offset: total))
    }
    handlers.unary(hang) { _, _ in
      hanging.update { $0 += 1 }
      defer { hanging.update { $0 -= 1 } }
      try await Task.sleep(for: .seconds(60))
      return FetchChunk()
    }
    handlers.unary(fail) { request, _ in
      if request.offset == 0 { throw WireError(.file, "secret detail") }
      throw RPCError(StatusCode(rawValue: UInt32(request.offset)) ?? .unknown, "asked for \(request.digest)")
    }
    return handlers
  }
}

/// A value that tests share with handlers.
final class Box<Value: Sendable>: Sendable {
  private let state: Mutex<Value>
  init(_ value: Value) { state = Mutex(value) }
  var value: Value { state.withLock { $0 } }
  func update(_ change: @Sendable (inout Value) -> Void) { state.withLock { change(&$0) } }
}
