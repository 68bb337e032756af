import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

/// A cluster that is whatever was last applied to it, without any API server.
actor PretendInstaller: ReleaseInstaller {
  private(set) var applied: [String] = []
  private(set) var releases: [ReleaseIdentity: String] = [:]

  func apply(
    _ item: DesiredItem, releases: [ReleaseIdentity], sparing: Set<TakenObject>
  ) async throws(DeploymentFailure) -> AppliedRelease {
    let release = releases.last ?? ReleaseIdentity(name: item.id, namespace: "n")
    applied.append(item.id)
    self.releases[release] = item.version
    return AppliedRelease(deploymentID: pretendIDs[item.version] ?? "", release: release, revision: applied.count)
  }

  func correct(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> AppliedRelease {
    applied
  }

  private var pretendIDs: [String: String] = [:]
  func name(_ version: String, _ deploymentID: String) { pretendIDs[version] = deploymentID }

  func exists(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> Bool { true }

  func uninstall(_ removal: Removal) async throws(DeploymentFailure) {
    for release in removal.releases { releases[release] = nil }
  }

  func remove(_ removal: Removal, superseding newer: AppliedRelease) async throws(DeploymentFailure) {
    for release in removal.releases { releases[release] = nil }
  }

  func orphans(known: Set<ReleaseIdentity>) async throws(DeploymentFailure) -> [ReleaseIdentity] { [] }
}

@Suite("Blobs on their way")
struct BlobTransferTests {
  let bytes = Array("0123456789".utf8)

  @Test("Chunks in order are complete when their digest is right, over as many connections as it takes")
  func complete() {
    var transfer = BlobTransfer(digest: Checksum.digest(of: bytes))
    #expect(transfer.take(offset: 0, data: Array(bytes[..<4]), totalBytes: 10) == .more)
    #expect(transfer.offset == 4)
    #expect(transfer.take(offset: 4, data: Array(bytes[4...]), totalBytes: 10) == .complete(bytes))
  }

  @Test("Wrong bytes, gaps, other lengths and lengths beyond the limit are refused, and the next fetch begins anew")
  func invalid() {
    var transfer = BlobTransfer(digest: Checksum.digest(of: Array("other".utf8)))
    guard case .invalid = transfer.take(offset: 0, data: bytes, totalBytes: 10) else {
      Issue.record("wrong bytes were taken")
      return
    }
    #expect(transfer.offset == 0)
    _ = transfer.take(offset: 0, data: Array(bytes[..<4]), totalBytes: 10)
    for (offset, total) in [(5, 10), (4, 11), (3, 10)] as [(UInt64, UInt64)] {
      var copy = transfer
      guard case .invalid = copy.take(offset: offset, data: [1], totalBytes: total) else {
        Issue.record("a chunk at \(offset) of \(total) was taken after 4 of 10")
        continue
      }
    }
    guard case .invalid = transfer.take(offset: 4, data: [], totalBytes: UInt64(AgentLimits.blobBytes) + 1) else {
      Issue.record("a blob beyond the limit was taken")
      return
    }
  }
}

@Suite("Enrolment")
struct EnrollmentAttemptTests {
  @Test("A refusal is said once, and asked again only after long pauses")
  func refused() {
    var attempt = EnrollmentAttempt()
    let error = RPCError(.permissionDenied, "the token is expired")
    let first = attempt.failed(error, endpoints: ["tcp://m:1"]) { 0 }
    #expect(first.message?.contains("the token is expired") == true && first.pause >= .seconds(5))
    var pause = first.pause
    for _ in 0..<10 {
      let next = attempt.failed(error, endpoints: ["tcp://m:1"]) { 0 }
      #expect(next.message == nil && next.pause >= pause && next.pause <= .seconds(300))
      pause = next.pause
    }
  }

  @Test("A manager that cannot be reached is asked again soon")
  func unreachable() {
    var attempt = EnrollmentAttempt()
    let next = attempt.failed(RPCError(.unavailable, "nobody answers"), endpoints: ["tcp://m:1"]) { 0.5 }
    #expect(next.message != nil && next.pause <= .seconds(1))
  }
}

@Suite("The session with the manager", .timeLimit(.minutes(2)))
struct SessionTests {
  let directory: TemporaryDirectory
  let logger = Logger(label: "agent") { _ in SwiftLogNoOpLogHandler() }

  init() throws { directory = try TemporaryDirectory() }

  private func bundle(_ name: String, _ text: String = "x") -> TestManager.Bundle {
    TestManager.Bundle(name: name, files: ["a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(text)}\n"])
  }

  /// Runs a manager, and an agent's session without a cluster, around a body.
  private func run(
    _ manager: TestManager, endpoint: String, _ body: @escaping @Sendable (AgentState) async throws -> Void
  ) async throws {
    let state = try await AgentState.open(directory.path + "/state")
    let keyPair = try await state.keyPair()
    manager.directory.set(keyPair.publicKey, identity: "fleet-default/cluster-1")
    let installer = PretendInstaller()
    let deployer = Deployer(state: state, installer: installer, concurrency: 2, logger: logger) { _, _, _ in
    } hold: { _, _ in
    }
    let keeper = DesiredKeeper(state: state, fetcher: BlobFetcher(blobs: state.blobs))
    let briefs = await keeper.briefs(of: state.desired.items.values, logger: logger)
    let work = DeploymentWork(state: state, keeper: keeper, deployer: deployer, logger: logger)
    let link = ManagerLink(
      work: work, identity: .init(bootID: UUID().uuidString), durable: work.durable(held: Set(briefs.keys)),
      keys: LinkKeys(
        pair: keyPair,
        enrollment: EnrollmentRecord(
          clusterNamespace: "fleet-default", clusterName: "cluster-1", managerPublicKey: manager.keyPair.publicKey,
          endpoints: [endpoint])), logger: logger)
    let server = manager.makeServer(logger: logger)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.run()
        return false
      }
      _ = try await server.boundEndpoint()
      group.addTask {
        await link.run()
        return false
      }
      group.addTask {
        try await body(state)
        return true
      }
      while let isDone = try await group.next(), !isDone {}
      group.cancelAll()
      while let _ = await group.nextResult() {}
    }
    state.close()
  }

  @Test("What is acknowledged is on disk, and after a restart nothing is sent or fetched again")
  func durable() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    for index in 0..<20 { try await manager.deploy(bundle("b\(index)", "n\(index)")) }
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("everything is acknowledged") { await manager.acked.count == 20 }
      #expect(state.desired.items.count == 20)
      for item in state.desired.items.values { #expect(try await state.blobs.missing(item.digests).isEmpty) }
    }
    let (fetches, completes) = (await manager.fetches, await manager.completes)
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("the session resumed") { await manager.completes > completes }
      #expect(await manager.fetches == fetches)
      await manager.remove("b3")
      try await eventually("the removal is acknowledged") { await manager.acked["b3"] == nil }
      #expect(state.desired.items["b3"] == nil)
    }
  }

  @Test("Blobs that come along are kept and not fetched; others that come along are not kept")
  func inlineBlobs() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    for index in 0..<3 { try await manager.deploy(bundle("b\(index)", "n\(index)")) }
    await manager.sendBlobsAlong()
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("everything is acknowledged") { await manager.acked.count == 3 }
      #expect(await manager.fetches == 0)
      for item in state.desired.items.values { #expect(try await state.blobs.missing(item.digests).isEmpty) }
      #expect(try await state.blobs.read(Checksum.digest(of: [0])) == nil)
      // A change whose blobs do not come along is fetched as ever.
      try await manager.deploy(bundle("b1", "changed"))
      try await eventually("the change is fetched") { await manager.fetches == 2 }
    }
  }

  @Test("Statuses and removals that the manager did not acknowledge are said again after a restart, others are not")
  func unacknowledged() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    let said = Array(#"{"ready":true}"#.utf8)
    let state = try await AgentState.open(directory.path + "/state")
    try await state.updateRecord("new") { $0.status = said }
    try await state.updateRecord("known") { record in
      record.status = said
      record.acknowledged = DeliveryHash.status(said)
    }
    try await state.updateRecord("gone") { record in
      record.isGone = true
      record.acknowledged = DeliveryHash.status(said)
    }
    state.close()
    await manager.hold("known", said)
    await manager.hold("gone", said)
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("both are said") {
        let held = await manager.statuses
        return held["new"]?.status == said && held["gone"] == nil
      }
      try await eventually("the trace is gone") { state.record("gone") == nil }
      try await eventually("it is noted") { state.record("new")?.acknowledged == DeliveryHash.status(said) }
      #expect(await manager.reports == 1)
    }
  }

  @Test("Forged bytes and undecodable options are refused item by item, and the last good version stays")
  func refused() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    try await manager.deploy(bundle("a"))
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("the first version is here") { await manager.acked.count == 1 }
      let good = state.desired.items["a"]
      await manager.set("a", content: Array("no gzip".utf8), options: Array("no json".utf8))
      try await manager.deploy(bundle("b"))
      try await eventually("it is refused") { await manager.refused.map(\.id) == ["a"] }
      try await eventually("the other one is not") { await manager.acked["b"] != nil }
      #expect(state.desired.items["a"] == good)

      let content = Array("something".utf8)
      await manager.forge(Checksum.digest(of: content), with: Array("something else".utf8))
      await manager.set("c", content: content, options: content)
      try await eventually("the forgery is refused") { await manager.refused.last?.id == "c" }
      #expect(await manager.refused.last?.message.contains("another SHA-256") == true)
    }
  }

  @Test("A fetch that is cut off goes on where it was, over a new connection")
  func resumed() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    var random = SeededGenerator(seed: 7)
    let noise = (0..<600_000).map { _ in String(UInt8.random(in: 97...122, using: &random), radix: 36) }.joined()
    await manager.cutFetches(afterChunks: 3)
    try await manager.deploy(TestManager.Bundle(name: "big", files: ["a.yaml": "# \(noise)\n"]))
    try await run(manager, endpoint: endpoint) { _ in
      try await eventually("the blob is here") { await manager.acked["big"] != nil }
      // Both blobs once, and the interrupted ones once more at most.
      #expect(await manager.fetches <= 4)
      #expect(await manager.hellos.count == 2)
    }
  }

  @Test("A damaged blob on disk is fetched again after a restart")
  func damagedBlob() async throws {
    let endpoint = "in-process:\(UUID().uuidString)"
    let manager = try TestManager(endpoint: endpoint)
    try await manager.deploy(bundle("a"))
    try await run(manager, endpoint: endpoint) { _ in
      try await eventually("it is here") { await manager.acked.count == 1 }
    }
    let item = try #require(await manager.items["a"])
    let hex = item.contentDigest.dropFirst(7)
    let file = "\(directory.path)/state/blobs/\(hex.prefix(2))/\(hex)"
    try Data("damage".utf8).write(to: URL(fileURLWithPath: file))
    try await run(manager, endpoint: endpoint) { state in
      try await eventually("it is whole again") {
        try await state.blobs.missing(item.contentDigest == "" ? [] : [item.contentDigest]).isEmpty
      }
    }
  }
}
