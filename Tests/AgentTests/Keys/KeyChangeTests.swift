import Document
import Foundation
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

/// Nothing to deploy: only the session itself.
private struct NoWork: SessionWork {
  func keep(_ desired: Desired, over channel: RPCChannel?) async throws -> [NackItem] { [] }
  func collectGarbage() async throws {}
  func apply() async {}
  func complete(_ revision: UInt64, lineage: String) async throws {}
  func removalsConfirmed() async {}
  func acknowledge(_ hashes: [String: String?]) async throws {}
  func statuses() async -> [DeploymentStatus] { [] }
  func connecting() async {}
  func welcomed() async {}
  func lost(_ error: RPCError?) async {}
}

/// Over real sockets with CURVE: who proves what is libzmq's part in it.
@Suite("Keys of agents and managers", .timeLimit(.minutes(2)))
struct KeyChangeTests {
  let directory: TemporaryDirectory
  let log = MessageLog()

  init() throws { directory = try TemporaryDirectory() }

  private func port() throws -> String { "ipc://\(directory.path)/bus" }

  private func record(_ endpoint: String, key: CurvePublicKey) -> EnrollmentRecord {
    EnrollmentRecord(
      clusterNamespace: "fleet-default", clusterName: "cluster-1", managerPublicKey: key, endpoints: [endpoint])
  }

  private func link(_ keys: LinkKeys, keeper: AgentState?, boot: String) -> ManagerLink {
    ManagerLink(
      work: NoWork(), identity: .init(bootID: boot),
      durable: AgentSession.Durable(held: [:], lastRevision: 0, lineage: "", acknowledgedStatuses: [:]), keys: keys,
      keeper: keeper, logger: log.logger)
  }

  /// A manager, and an agent that has joined it: its state, its key and its link.
  private func joined() async throws -> (TestManager, AgentState, key: CurvePublicKey, ManagerLink) {
    let endpoint = try port()
    let manager = try TestManager(endpoint: endpoint)
    let state = try await AgentState.open(directory.path + "/state")
    let pair = try await state.keyPair()
    manager.directory.set(pair.publicKey, identity: "fleet-default/cluster-1")
    let keys = LinkKeys(pair: pair, enrollment: record(endpoint, key: manager.keyPair.publicKey))
    return (manager, state, pair.publicKey, link(keys, keeper: state, boot: "1"))
  }

  /// Runs a manager's bus and some links around a body.
  private func run(
    _ manager: TestManager, _ links: [ManagerLink], _ body: @escaping @Sendable (BusServer) async throws -> Void
  ) async throws {
    let server = manager.makeServer(logger: Logger(label: "bus") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.run()
        return false
      }
      _ = try await server.boundEndpoint()
      for link in links {
        group.addTask {
          await link.run()
          return false
        }
      }
      group.addTask {
        try await body(server)
        return true
      }
      while let isDone = try await group.next(), !isDone {}
      group.cancelAll()
      while let _ = await group.nextResult() {}
    }
  }

  @Test("by the manager's wish an agent takes another key, keeps it, and its session goes on")
  func rotates() async throws {
    let (manager, state, old, link) = try await joined()
    defer { state.close() }
    try await run(manager, [link]) { server in
      try await eventually("the session is open") { await manager.hellos.count == 1 }
      let channel = try #require(server.channel(to: old))
      let answer = try await channel.unary(ClusterService.rotateKey, KeyChange())
      let new = try CurvePublicKey(bytes: answer.publicKey)
      #expect(new != old)
      try await eventually("a session with the new key is open, and the old one is nobody's") {
        await manager.hellos.count == 2 && server.isConnected(new) && manager.directory.lookup(old) == .unknown
      }
      #expect(try await state.keyPair().publicKey == new)
      #expect(try await state.nextKeyPair() == nil)
    }
  }

  @Test("a key that is older than allowed is changed as soon as there is a session, and is young then")
  func changesByAge() async throws {
    let (manager, state, old, link) = try await joined()
    defer { state.close() }
    let twoHoursAgo = Timestamp(seconds: Timestamp.now.seconds - 7200)
    try StateFile.setModified(directory.path + "/state/agent.key", to: twoHoursAgo)
    try await run(manager, [link]) { server in
      let rotation = Task { try await link.rotateKey(olderThan: .seconds(3600)) }
      defer { rotation.cancel() }
      try await eventually("a session with another key is open, and the old one is nobody's") {
        let new = try await state.keyPair().publicKey
        return new != old && server.isConnected(new) && manager.directory.lookup(old) == .unknown
      }
      #expect(try await state.keyAge() < .seconds(3600))
    }
  }

  /// How far a change had come when the agent ended.
  enum Crash: CaseIterable { case kept, announced, activated }

  @Test("an agent that ends in the middle of a change comes back with the new key", arguments: Crash.allCases)
  func recovers(_ crash: Crash) async throws {
    let endpoint = try port()
    let manager = try TestManager(endpoint: endpoint)
    let state = try await AgentState.open(directory.path + "/state")
    defer { state.close() }
    let (old, new) = (try await state.keyPair(), try CurveKeyPair.generate())
    try await state.keep(next: new)
    switch crash {
    case .kept: manager.directory.set(old.publicKey, identity: "fleet-default/cluster-1")
    case .announced:
      manager.directory.set(old.publicKey, identity: "fleet-default/cluster-1")
      await manager.note(new.publicKey, inPlaceOf: old.publicKey)
    case .activated: manager.directory.set(new.publicKey, identity: "fleet-default/cluster-1")
    }
    let keys = LinkKeys(
      pair: old, next: try await state.nextKeyPair(), enrollment: record(endpoint, key: manager.keyPair.publicKey))
    try await run(manager, [link(keys, keeper: state, boot: "1")]) { server in
      try await eventually("the session is open with the new key alone") {
        server.isConnected(new.publicKey) && manager.directory.lookup(old.publicKey) == .unknown
      }
      try await eventually("it is on disk") { try await state.keyPair().publicKey == new.publicKey }
      #expect(try await state.nextKeyPair() == nil)
    }
  }

  @Test("an agent that was told the manager's next key follows it, and knows its values file by the old one")
  func managerKey() async throws {
    let endpoint = try port()
    let (before, after) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let state = try await AgentState.open(directory.path + "/state")
    defer { state.close() }
    let pair = try await state.keyPair()
    let old = try TestManager(endpoint: endpoint, keyPair: before)
    await old.setNext(after.publicKey)
    old.directory.set(pair.publicKey, identity: "fleet-default/cluster-1")
    let keys = LinkKeys(pair: pair, enrollment: record(endpoint, key: before.publicKey))
    try await run(old, [link(keys, keeper: state, boot: "1")]) { _ in
      try await eventually("the agent knows the next key, durably") {
        await old.known == [after.publicKey] && state.enrollment?.nextManagerKey == after.publicKey
      }
    }
    let new = try TestManager(endpoint: endpoint, keyPair: after)
    new.directory.set(pair.publicKey, identity: "fleet-default/cluster-1")
    let known = LinkKeys(pair: pair, enrollment: try #require(state.enrollment))
    try await run(new, [link(known, keeper: state, boot: "2")]) { _ in
      try await eventually("the session with the new key is open, and the key kept") {
        await new.hellos.count == 1 && state.enrollment?.managerPublicKey == after.publicKey
      }
    }
    let enrollment = try #require(state.enrollment)
    #expect(enrollment.nextManagerKey == nil)
    #expect(enrollment.isOfManager(before.publicKey) && enrollment.isOfManager(after.publicKey))
    #expect(!enrollment.isOfManager(pair.publicKey))
  }

  @Test("of two agents with one key the newer has the session; the older says so, and steps back for long")
  func fenced() async throws {
    let endpoint = try port()
    let manager = try TestManager(endpoint: endpoint)
    let pair = try CurveKeyPair.generate()
    manager.directory.set(pair.publicKey, identity: "fleet-default/cluster-1")
    let keys = LinkKeys(pair: pair, enrollment: record(endpoint, key: manager.keyPair.publicKey))
    let (first, second) = (link(keys, keeper: nil, boot: "first"), link(keys, keeper: nil, boot: "second"))
    let log = log
    try await run(manager, [first]) { server in
      try await eventually("the first has its session") { await manager.hellos.map(\.bootId) == ["first"] }
      let beside = Task { await second.run() }
      try await eventually("the older one says what has happened") { log.holds("another agent uses this one's key") }
      try await eventually("the newer has its session") { await manager.hellos.map(\.bootId) == ["first", "second"] }
      #expect(server.counters.replaced == 1)
      beside.cancel()
      await beside.value
    }
    #expect(LinkEnding(RPCError(.aborted, ""), isReached: true, endpoints: []).kind == .fenced)
    #expect((1...9).map { LinkEnding.pause(after: $0) }.last == AgentLimits.refusalBackoff.last)
  }

  @Test(
    "a clock that is a day off is told with the difference, once; one that is right is not",
    arguments: [-86_460.0, 0, 86_460])
  func clock(_ ahead: Double) async throws {
    let endpoint = try port()
    let manager = try TestManager(endpoint: endpoint)
    await manager.setClock(ahead: ahead)
    let pair = try CurveKeyPair.generate()
    manager.directory.set(pair.publicKey, identity: "fleet-default/cluster-1")
    let keys = LinkKeys(pair: pair, enrollment: record(endpoint, key: manager.keyPair.publicKey))
    let log = log
    try await run(manager, [link(keys, keeper: nil, boot: "1")]) { _ in
      try await eventually("the agent is connected") { log.holds("connected to the manager") }
    }
    #expect(log.holds("1 day behind the manager's") == (ahead > 0))
    #expect(log.holds("1 day ahead of the manager's") == (ahead < 0))
    #expect(log.holds("this machine's clock") == (ahead != 0))
  }
}
