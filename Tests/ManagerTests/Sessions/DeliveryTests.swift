import Fleet
import Foundation
import Store
import TestSupport
import Testing
import Wire

@testable import Manager

@Suite("Delivery to an agent", .timeLimit(.minutes(1)))
struct DeliveryTests {
  private static let empty = Hello(
    bootId: "boot", protocolMin: 1, protocolMax: 1, inventoryHash: DeliveryHash.inventory([:]),
    statusHash: DeliveryHash.statuses([:]))

  private func record(
    _ cluster: String, id: String, content: BlobDigest, payload: BlobDigest
  ) -> DeploymentRecord {
    DeploymentRecord(
      uid: "uid", created: "2026-01-01T00:00:00Z", generation: 1,
      bundle: ObjectName(namespace: "fleet-default", name: "app"),
      cluster: ObjectName(namespace: "fleet-default", name: cluster),
      current: DeploymentRecord.Version(deploymentID: id, content: content.hex, payload: payload.hex), staged: nil,
      paused: false, error: "")
  }

  @Test("an agent goes on with a session over the connection that it enrolled over")
  func oneConnection() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("one")
        let connection = try await bench.client(try CurveKeyPair.generate()).open()
        let early = await #expect(throws: RPCError.self) {
          try await connection.use { channel in
            for try await _ in try await channel.stream(Delivery.session).messages {}
          }
        }
        #expect(early?.code == .unauthenticated, "it is not enrolled yet")
        let welcomed = try await connection.use { channel in
          _ = try await channel.unary(
            Wire.Enrollment.enroll,
            EnrollRequest(tokenId: token.id, tokenSecret: token.secret, clientId: "one"))
          let stream = try await channel.stream(Delivery.session)
          try await stream.send(.hello(Self.empty))
          for try await case .welcome in stream.messages { return true }
          return false
        }
        #expect(welcomed)
        #expect(bench.bus.counters.connections == 1 && bench.bus.counters.handshakes == 1)
      }
    }
  }

  @Test("small blobs come along once with what refers to them, large ones are fetched, and changes come from the watch")
  func blobs() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("blobs")
        let pair = try CurveKeyPair.generate()
        let cluster = try await bench.enroll(pair, token, clientID: "blobs").clusterName
        let namespace = Names.clusterNamespace(registrationNamespace: "fleet-default", cluster: cluster)
        let bytes = (
          small: [UInt8]("small".utf8), large: [UInt8](repeating: 7, count: Limits.inlineBlobBytes + 1),
          next: [UInt8]("next".utf8)
        )
        let small = try await bench.store.putBlob(bytes.small)
        let large = try await bench.store.putBlob(bytes.large)
        let next = try await bench.store.putBlob(bytes.next)
        func put(_ id: String, _ payload: BlobDigest) async throws {
          let record = record(cluster, id: id, content: small, payload: payload)
          _ = try await bench.store.commit([
            .put(record.key(deploymentNamespace: namespace), record.encoded())
          ])
        }
        try await put("a:1", large)
        let connection = try await bench.client(pair).open()
        let session = try await connection.use { channel in
          let stream = try await channel.stream(Delivery.session)
          try await stream.send(.hello(Self.empty))
          return stream
        }
        var messages = session.messages.makeAsyncIterator()
        func desired() async throws -> Desired? {
          while let message = try await messages.next() {
            switch message {
            case .inventoryRequest: try await session.send(.inventory(Inventory()))
            case .desired(let desired):
              try await session.send(.ack(Ack(nonce: desired.nonce)))
              return desired
            default: continue
            }
          }
          return nil
        }
        let first = try #require(try await desired())
        #expect(first.set.map(\.id) == ["app"] && first.blobs == [InlineBlob(data: bytes.small)])
        let fetched = try await connection.use { channel in
          let stream = try await channel.stream(Content.fetch)
          try await stream.send(FetchRequest(digest: first.set.first?.optionsDigest ?? ""))
          await stream.finish()
          var fetched: [UInt8] = []
          for try await chunk in stream.messages { fetched += chunk.data }
          return fetched
        }
        #expect(fetched == bytes.large)

        // What is damaged on the manager's disk costs no more than itself.
        let damaged = try await bench.store.putBlob([UInt8]("damaged".utf8))
        let file = try #require(
          FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }
            .first { $0.hasSuffix("/" + damaged.hex) })
        try Data("otherwise".utf8).write(to: URL(filePath: directory + "/" + file))
        try await put("a:broken", damaged)
        let broken = try #require(try await desired())
        #expect(broken.set.map(\.id) == ["app"] && broken.blobs.isEmpty)

        try await put("a:2", next)
        let second = try #require(try await desired())
        #expect(second.blobs == [InlineBlob(data: bytes.next)], "the content is there already")
        #expect(second.revision > broken.revision && second.complete)
        _ = try await bench.store.commit([
          .delete(ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace, name: "app"))
        ])
        let third = try #require(try await desired())
        #expect(third.set.isEmpty && third.removed == ["app"] && third.revision > second.revision)
      }
    }
  }
}
