import Document
import Fleet
import Foundation
import HelmEngine
import Testing
import Wire

@testable import Agent

/// A directory of a test's own, removed with it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/flotilla-agent-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("The state directory")
struct AgentStateTests {
  let temporary: TemporaryDirectory
  var directory: String { temporary.path + "/state" }

  init() throws { temporary = try TemporaryDirectory() }

  func item(_ id: String, _ version: String = "1") -> DesiredItem {
    DesiredItem(
      id: id, version: version, contentDigest: Checksum.digest(of: Array(id.utf8)),
      optionsDigest: Checksum.digest(of: Array(version.utf8)))
  }

  @Test("Everything that was saved is there after a restart")
  func survives() async throws {
    let key = try CurveKeyPair.generate()
    let enrollment = EnrollmentRecord(
      clusterNamespace: "fleet-default", clusterName: "cluster-1", managerPublicKey: key.publicKey,
      endpoints: ["tcp://127.0.0.1:5671"])
    let first = try await AgentState.open(directory)
    let own = try await first.keyPair().publicKey
    try await first.save(enrollment)
    try await first.updateDesired {
      $0.items = ["a/b": item("a/b")]; $0.revision = .max
    }
    let release = ReleaseIdentity(name: "web", namespace: "shop")
    let object = ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "shop", name: "x")
    try await first.updateRecord("a/b") { record in
      record.releases = [release]
      record.applied = AppliedRelease(deploymentID: "s-1:2", release: release, revision: 3, objects: [object])
      record.status = Array(#"{"ready":true}"#.utf8)
      record.statusVersion = "1"
      record.acknowledged = "abc"
    }
    let record = first.record("a/b")
    first.close()

    let second = try await AgentState.open(directory)
    #expect(try await second.keyPair().publicKey == own)
    #expect(second.enrollment == enrollment)
    #expect(second.desired.items["a/b"] == item("a/b"))
    #expect(second.desired.revision == .max)
    #expect(second.record("a/b") == record)
    #expect(record?.applied?.objects == [object])
    let mode = try FileManager.default.attributesOfItem(atPath: directory + "/agent.key")[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("A second agent on the directory is refused, and told who works there")
  func locked() async throws {
    let first = try await AgentState.open(directory)
    let error = await #expect(throws: AgentError.self) { try await AgentState.open(directory) }
    #expect(error?.code == .stateInUse)
    #expect(error?.message.contains("process \(getpid())") == true)
    first.close()
    _ = try await AgentState.open(directory)
  }

  @Test(
    "A flipped bit and a newer format are refused by name, and nothing is thrown away",
    arguments: [
      ("desired", AgentError.Code.corruptState), ("enrollment", .corruptState), ("desired", .newerState),
    ])
  func damaged(name: String, code: AgentError.Code) async throws {
    let first = try await AgentState.open(directory)
    let key = try CurveKeyPair.generate().publicKey
    try await first.save(
      EnrollmentRecord(clusterNamespace: "n", clusterName: "c", managerPublicKey: key, endpoints: []))
    try await first.updateDesired { $0.items = ["a": item("a")] }
    first.close()
    let path = "\(directory)/\(name)"
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    if code == .newerState {
      bytes = Array("flotilla-agent-state 99 x\n{}".utf8)
    } else {
      bytes[bytes.count - 5] ^= 1
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let error = await #expect(throws: AgentError.self) { try await AgentState.open(directory) }
    #expect(error?.code == code)
    #expect(error?.message.contains(path) == true)
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: path))) == bytes)
  }

  @Test("A crash at any point of a write leaves the old state or the new one")
  func tornWrites() async throws {
    let first = try await AgentState.open(directory)
    try await first.updateDesired { $0.items = ["a": item("a")] }
    first.close()
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: directory + "/desired")))
    // What a crash leaves: the file that was being written aside, of any length, beside the old one.
    for length in stride(from: 0, through: whole.count, by: 7) {
      try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: directory + "/desired.new"))
      try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: directory + "/deployments/0123.new"))
      let again = try await AgentState.open(directory)
      #expect(again.desired.items == ["a": item("a")])
      #expect(again.records.isEmpty)
      again.close()
    }
  }

  @Test("A blob is what its digest says, or it is not there; what nothing needs is removed")
  func blobs() async throws {
    let state = try await AgentState.open(directory)
    let bytes = Array("hello".utf8)
    let digest = Checksum.digest(of: bytes)
    await #expect(throws: AgentError.self) { try await state.blobs.store(Array("other".utf8), as: digest) }
    try await state.blobs.store(bytes, as: digest)
    #expect(try await state.blobs.read(digest) == bytes)
    #expect(try await state.blobs.read("sha256:../../agent.key") == nil)

    let file = "\(directory)/blobs/\(digest.dropFirst(7).prefix(2))/\(digest.dropFirst(7))"
    try Data("hellp".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try await state.blobs.missing([digest]) == [digest])
    try await state.blobs.store(bytes, as: digest)
    #expect(try await state.blobs.missing([digest]).isEmpty)
    try await state.blobs.collect(keeping: [digest])
    #expect(try await state.blobs.read(digest) == bytes)
    try await state.blobs.collect(keeping: [])
    #expect(try await state.blobs.read(digest) == nil)
  }

  @Test("More deployments than the limit are refused, and the old set stays")
  func tooMany() async throws {
    let state = try await AgentState.open(directory)
    try await state.updateDesired { $0.items = ["a": item("a")] }
    await #expect(throws: AgentError.self) {
      try await state.updateDesired { desired in
        for index in 0...AgentLimits.deployments { desired.items["\(index)"] = item("\(index)") }
      }
    }
    #expect(state.desired.items.count == 1)
  }
}
