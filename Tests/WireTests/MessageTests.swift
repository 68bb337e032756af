import Testing

@testable import Wire

@Suite("Messages")
struct MessageTests {
  @Test("every message comes back from its encoding as it went in")
  func roundTrips() throws {
    try check(Metadata(key: "k", value: [0, 255]))
    try check(
      Settings(
        protocolMin: 1, protocolMax: 2, streamCreditBytes: 3, connectionCreditBytes: 4, streamsMax: 5,
        heartbeatIntervalMs: 6, publicKey: [7]))
    try check(
      Goaway(reason: "drain", retryAfterMinMs: 1, retryAfterMaxMs: 2, endpoints: ["tcp://a:1", "", "tcp://b:2"]))
    try check(
      EnrollRequest(
        tokenId: "id", tokenSecret: "secret", clientId: "uid", labels: [Label(key: "env", value: "dév"), Label()],
        agentVersion: "1", kubernetesVersion: "v1.32"))
    try check(EnrollRequest(acceptsWaiting: true))
    try check(EnrollResponse(clusterNamespace: "fleet-default", clusterName: "cluster-0123456789ab"))
    try check(EnrollResponse(pending: "fleet-default/request-1", timeMs: .max, nextManagerKey: [1, 0, 255]))
    try check(KeyChange(publicKey: (0..<32).map { UInt8($0) }))
    try check(FetchRequest(digest: "sha256:00", offset: .max))
    try check(FetchChunk(offset: 1, data: (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }, totalBytes: 2))
    try check(DiffRequest(id: "i", objectsMax: 1, bytesMax: 2))
    let field = DiffedField(path: "spec.replicas", live: "5", desired: "3", lines: "@@ -1 +1 @@")
    for outcome in DiffedObject.Outcome.allCases {
      let object = DiffedObject(
        apiVersion: "apps/v1", kind: "Deployment", namespace: "n", name: "web", outcome: outcome, fields: [field],
        writer: "w", reason: "r", fieldsLeftOut: 4)
      try check(
        DiffResponse(
          appliedDeploymentId: "a", desiredDeploymentId: "d", release: "n/r:1", objects: [object, DiffedObject()],
          leftOut: 1, leftOutDiffering: 2, notCompared: 3))
    }
    // An outcome of a newer agent.
    #expect(try DiffedObject(decoding: [0x28, 0x63]).outcome == .unspecified)
    let hello = Hello(
      bootId: "b", protocolMin: 1, protocolMax: 1, capabilities: ["x", "y"], lastRevision: 9, inventoryHash: [1, 2],
      agentVersion: "v", kubernetesVersion: "k", statusHash: [3], agentNamespace: "n")
    try check(hello)
    let welcome = Welcome(
      sessionId: 1, protocol: 1, heartbeatIntervalMs: 30_000, resume: true, revision: 7, reportAll: true,
      timeMs: 8, nextManagerKey: [9])
    try check(welcome)
    try check(InventoryRequest())
    let inventory = Inventory(items: (0..<1000).map { InventoryItem(id: "id-\($0)", version: "v\($0)") })
    try check(inventory)
    let item = DeploymentItem(id: "i", version: "v", contentDigest: "sha256:1", optionsDigest: "sha256:2")
    let desired = Desired(nonce: 1, revision: 2, set: [item, DeploymentItem()], removed: ["gone"], complete: true)
    try check(desired)
    try check(Ack(nonce: 4))
    let nack = Nack(nonce: 1, code: 3, message: "no", items: [NackItem(id: "i", version: "v", message: "m")])
    try check(nack)
    let report = StatusReport(seq: 3, statuses: [DeploymentStatus(id: "i", version: "v", status: Array("{}".utf8))])
    try check(report)
    try check(StatusAck(seq: 8))
    for message: AgentMessage in [
      .hello(hello), .inventory(inventory), .ack(Ack(nonce: 0)), .nack(nack), .status(report), .unrecognized,
    ] { try check(message) }
    for message: ManagerMessage in [
      .welcome(welcome), .desired(desired), .statusAck(StatusAck()), .inventoryRequest(InventoryRequest()),
      .unrecognized,
    ] { try check(message) }
  }

  private func check<Message: WireMessage & Equatable>(_ message: Message) throws {
    #expect(try Message(decoding: message.encoded()) == message)
  }

  @Test("an encoding is the protobuf encoding, byte for byte")
  func exactBytes() {
    #expect(Ack(nonce: 300).encoded() == [0x08, 0xac, 0x02])
    #expect(AgentMessage.ack(Ack(nonce: 1)).encoded() == [0x1a, 0x02, 0x08, 0x01])
    #expect(Label(key: "a", value: "b").encoded() == [0x0a, 0x01, 0x61, 0x12, 0x01, 0x62])
    #expect(StatusAck().encoded() == [])
    var batch: [UInt8] = []
    BatchCodec.append(.message(3, .inline([9, 9])), to: &batch)
    BatchCodec.append(.ping, to: &batch)
    #expect(batch == [0x0a, 0x08, 0x08, 0x03, 0x10, 0x02, 0x4a, 0x02, 9, 9, 0x0a, 0x02, 0x10, 0x06])
  }

  @Test("fields and bodies of a newer version are skipped")
  func unknownFields() throws {
    #expect(try Ack(decoding: [0x08, 0x05, 0x7a, 0x01, 0x00]) == Ack(nonce: 5))
    #expect(try AgentMessage(decoding: [0x7a, 0x00]) == .unrecognized)
  }

  @Test(
    "bytes that are not the message are refused with a typed error",
    arguments: [[0xff], [0x0a, 0x05, 0x61], [0x0a, 0x02, 0xc3, 0x28], [0x08]] as [[UInt8]])
  func malformed(_ bytes: [UInt8]) {
    #expect { try Label(decoding: bytes) } throws: { ($0 as? WireError)?.code == .malformed }
  }

  @Test("a small message cannot become a large amount of memory")
  func amplification() {
    // Half a million empty items in one megabyte.
    let bytes = (0..<(1 << 19)).flatMap { _ in [0x0a, 0x00] as [UInt8] }
    #expect(throws: WireError.self) { try Inventory(decoding: bytes) }
    #expect(throws: WireError.self) { try Inventory(decoding: [UInt8](repeating: 0, count: WireLimits.partBytes + 1)) }
  }

  @Test("a string beyond the limit is refused")
  func longString() throws {
    let long = String(repeating: "x", count: WireLimits.stringBytes + 1)
    #expect { try Label(decoding: Label(key: long).encoded()) } throws: { ($0 as? WireError)?.code == .tooLarge }
    let longest = Label(key: String(long.dropLast()))
    #expect(try Label(decoding: longest.encoded()) == longest)
  }

  @Test("every frame comes back from a batch, the last one with its separate payload")
  func batches() throws {
    let open = Frame.Open(method: "a/B", deadline: .milliseconds(1500), metadata: ["m": [1], "n": []])
    var batch: [UInt8] = []
    let large = SharedBuffer(copying: [5, 6, 7])
    for frame: Frame in [
      .settings(Settings(protocolMin: 1)), .open(1, open), .message(1, .inline([1])), .halfClose(1),
      .close(2, .notFound, "no"), .credit(0, 77), .ping, .pong, .goaway(Goaway(reason: "r")),
      .message(9, .separate(large)),
    ] { BatchCodec.append(frame, to: &batch) }
    var frames: [Frame] = []
    try batch.withUnsafeBytes { bytes in
      try ([5, 6, 7] as [UInt8]).withUnsafeBytes { try BatchCodec.decode(bytes, payload: $0, into: &frames) }
    }
    let expected: [Frame] = [
      .settings(Settings(protocolMin: 1)), .open(1, open), .message(1, .inline([1])), .halfClose(1),
      .close(2, .notFound, "no"), .credit(0, 77), .ping, .pong, .goaway(Goaway(reason: "r")),
      .message(9, .inline([5, 6, 7])),
    ]
    #expect(frames.count == expected.count)
    for (frame, wanted) in zip(frames, expected) { #expect(frame.encoded() == wanted.encoded()) }
  }

  @Test("a join token's secret is in no description of its request")
  func secretStaysHidden() {
    let request = EnrollRequest(tokenId: "id", tokenSecret: "hunter2")
    var dumped = ""
    dump(request, to: &dumped)
    #expect(!"\(request) \(String(reflecting: request)) \(dumped)".contains("hunter2"))
  }
}

extension MessageTests {
  @Test("a batch full of the smallest frames is decoded")
  func smallestFrames() throws {
    var batch: [UInt8] = []
    for _ in 0..<WireLimits.framesPerBatch { BatchCodec.append(.ping, to: &batch) }
    var frames: [Frame] = []
    try batch.withUnsafeBytes { try BatchCodec.decode($0, payload: nil, into: &frames) }
    #expect(frames.count == WireLimits.framesPerBatch)
    BatchCodec.append(.ping, to: &batch)
    #expect(throws: WireError.self) {
      try batch.withUnsafeBytes { try BatchCodec.decode($0, payload: nil, into: &frames) }
    }
  }
}
