import Fleet
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
    _ bench: TrustBench, _ cluster: String, id: String, content: BlobDigest, payload: BlobDigest
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
          let record = record(bench, cluster, id: id, content: small, payload: payload)
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

        try await put("a:2", next)
        let second = try #require(try await desired())
        #expect(second.blobs == [InlineBlob(data: bytes.next)], "the content is there already")
        #expect(second.revision > first.revision && second.complete)
        _ = try await bench.store.commit([
          .delete(ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace, name: "app"))
        ])
        let third = try #require(try await desired())
        #expect(third.set.isEmpty && third.removed == ["app"] && third.revision > second.revision)
      }
    }
  }
}

@Suite("News of deployments")
struct DeploymentNewsTests {
  private func event(_ name: String, _ revision: UInt64, body: String? = "x") -> StoreEvent {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: "n", name: name)
    let object = body.map {
      StoredObject(key: key, body: Array($0.utf8), revision: Revision(revision), created: Revision(1))
    }
    return StoreEvent(revision: Revision(revision), key: key, object: object, previous: nil)
  }

  @Test("what the watch brought is handed out once, also that there is nothing any more")
  func handsOut() {
    var news = DeploymentNews()
    news.note(event("a", 2))
    news.note(event("a", 3, body: "y"))
    news.note(event("b", 4, body: nil))
    let (a, b, again, unknown) = (news.take("a"), news.take("b"), news.take("a"), news.take("c"))
    #expect(a??.revision == Revision(3))
    #expect(b == .some(nil))
    #expect(again == nil && unknown == nil)
    #expect(news.revision == Revision(4))
  }

  @Test("a watch that is behind what was read says nothing, so that nothing goes back")
  func neverBack() {
    var news = DeploymentNews()
    news.note(event("a", 5))
    news.hasRead(at: Revision(9))
    news.note(event("b", 8))
    let (a, b) = (news.take("a"), news.take("b"))
    #expect(a == nil && b == nil, "the store is asked")
    news.note(event("b", 10))
    let newer = news.take("b")
    #expect(newer??.revision == Revision(10))
  }

  @Test("no more is kept than the limit, and what there was no room for is asked of the store")
  func bounded() {
    var news = DeploymentNews()
    for index in 0...DeploymentNews.limit { news.note(event("d\(index)", UInt64(index + 1))) }
    let last = news.take("d\(DeploymentNews.limit)")
    #expect(last == nil)
    news.note(event("d0", 1_000))
    let first = news.take("d0")
    #expect(first??.revision == Revision(1_000))
  }
}

@Suite("Memory of sessions")
struct SessionMemoryTests {
  @Test("everybody has one turn in a round, nobody who has left has one, and turns are spread")
  func round() {
    var round = CheckInRound<Int>(ticks: 10)
    var next = 0
    for member in 0..<100 {
      round.join(member) { range in
        next += 1
        return range.lowerBound + next % range.count
      }
    }
    round.join(5) { $0.lowerBound }
    round.leave(7)
    var seen: [Int] = []
    for _ in 0..<10 {
      let turn = round.tick()
      #expect(turn.count <= 10)
      seen += turn
    }
    #expect(seen.sorted() == (0..<100).filter { $0 != 7 })
    #expect(round.tick().count > 0, "the next round begins")
  }

  @Test("blobs of a change are read once, the oldest go first, and one that is too large is not kept")
  func recentBlobs() {
    let digests = (0..<3).map { BlobDigest(of: [UInt8($0)]) }
    let recent = RecentBlobs(limit: 40)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 0, count: 10)), as: digests[0])
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 1, count: 10)), as: digests[1])
    #expect(recent[digests[0]] != nil && recent[digests[1]] != nil)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 2, count: 10)), as: digests[2])
    #expect(recent[digests[0]] == nil && recent[digests[1]] != nil && recent[digests[2]] != nil)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 2, count: 21)), as: digests[0])
    #expect(recent[digests[0]] == nil && recent[digests[2]] != nil)
  }
}
