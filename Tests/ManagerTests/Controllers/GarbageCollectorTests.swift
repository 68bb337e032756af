import Document
import Fleet
import Foundation
import Logging
import Store
import Testing

@testable import Manager

@Suite struct GarbageCollectorTests {
  @Test("only what nothing refers to goes, and nothing that was stored a moment ago")
  func collects() async throws {
    let bench = try await ControllerBench()
    let repo = try await bench.repository(["cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"])
    try await bench.objects.create(
      [
        "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "GitRepo",
        "metadata": ["name": "r", "namespace": "fleet-local"],
        "spec": ["repo": .string("file://\(repo.path)"), "branch": "main"],
      ], kind: StoredKind.gitRepos)
    let namespace = "cluster-fleet-local-local-1a3d67d0a899"
    let key = bench.key(StoredKind.bundleDeployments, namespace, "r")
    let record = try #require(try await bench.object(key) { $0["current"] != nil })
    let orphan = try await bench.store.putBlob(Array("orphan".utf8))
    let collector = GarbageCollector(objects: bench.objects, logger: Logger(label: "test"))

    try await collector.collect(before: Date(timeIntervalSinceNow: -60))
    #expect(try await bench.store.blobSize(orphan) != nil)
    try await collector.collect(before: Date(timeIntervalSinceNow: 60))
    #expect(try await bench.store.blobSize(orphan) == nil)
    for part in ["content", "payload"] {
      let digest = try #require(record.at("current", part)?.string.flatMap(BlobDigest.init(hex:)))
      #expect(try await bench.store.blobSize(digest) != nil)
    }
    await bench.stop()
  }
}
