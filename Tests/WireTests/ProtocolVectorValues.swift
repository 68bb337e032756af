@testable import Wire

/// The values that the vectors of messages stand for, by the vectors' names.
enum ProtocolVectorValues {
  private static let digests = (content: "sha256:" + String(repeating: "11", count: 32), options: 32)
  private static let bytes = (0..<32).map { UInt8($0) }
  private static let item = DeploymentItem(
    id: "app", version: "s-1:2@3", contentDigest: digests.content,
    optionsDigest: "sha256:" + String(repeating: "22", count: digests.options))
  private static let hello = Hello(
    bootId: "boot-1", protocolMin: 1, protocolMax: 1, capabilities: ["x"], lastRevision: 300, inventoryHash: bytes,
    agentVersion: "1.2.3", kubernetesVersion: "v1.32.0", statusHash: bytes.reversed(),
    agentNamespace: "cattle-fleet-system")
  private static let welcome = Welcome(
    sessionId: .max, protocol: 1, heartbeatIntervalMs: 30_000, resume: true, revision: 300, reportAll: true)
  private static let inventory = Inventory(items: [
    InventoryItem(id: "a", version: "v1"), InventoryItem(id: "b", version: "v2"),
  ])
  private static let desired = Desired(nonce: 1, revision: 301, set: [item], removed: ["old"], complete: true)
  private static let nackItem = NackItem(id: "app", version: "s-1:2@3", message: "unreadable")
  private static let nack = Nack(nonce: 1, code: 3, message: "no", items: [nackItem])
  private static let status = DeploymentStatus(id: "app", version: "s-1:2@3", status: Array(#"{"ready":true}"#.utf8))
  private static let report = StatusReport(seq: 1, statuses: [status, DeploymentStatus(id: "old", version: "v0")])
  static let enrollRequest = EnrollRequest(
    tokenId: "0123456789abcdef", tokenSecret: "fedcba9876543210", clientId: "5f0c2c3a-0000-4000-8000-000000000001",
    labels: [Label(key: "env", value: "dév"), Label(key: "edge")], agentVersion: "1.2.3", kubernetesVersion: "v1.32.0")
  static let managerSettings = Settings(
    protocolMin: 1, protocolMax: 1, streamCreditBytes: 262_144, connectionCreditBytes: 1_048_576, streamsMax: 128,
    heartbeatIntervalMs: 30_000)
  static let agentSettings = Settings(
    protocolMin: 1, protocolMax: 1, streamCreditBytes: 262_144, connectionCreditBytes: 4_194_304, streamsMax: 128)
  private static let goaway = Goaway(
    reason: "the manager is stopping", retryAfterMinMs: 200, retryAfterMaxMs: 5000, endpoints: ["tcp://b:5671"])
  static let openWithAll = Frame.open(
    3,
    Frame.Open(
      method: Enrollment.enroll.name, deadline: .seconds(15), metadata: ["a": [1], "b": []]))

  static let messages: [String: any WireMessage] = [
    "settings of a manager": managerSettings, "settings of an agent": agentSettings, "goaway": goaway,
    "metadata": Metadata(key: "trace", value: [0, 255]),
    "enroll request": enrollRequest, "label": Label(key: "env", value: "dev"),
    "enroll response": EnrollResponse(clusterNamespace: "fleet-default", clusterName: "cluster-0123456789ab"),
    "fetch request": FetchRequest(digest: "sha256:" + String(repeating: "ab", count: 32), offset: 262_144),
    "fetch chunk": FetchChunk(offset: 262_144, data: Array("chunk".utf8), totalBytes: 262_149),
    "fetch chunk of an empty blob": FetchChunk(),
    "hello": hello, "agent message: hello": AgentMessage.hello(hello),
    "welcome": welcome, "manager message: welcome": ManagerMessage.welcome(welcome),
    "inventory request": InventoryRequest(),
    "manager message: inventory request": ManagerMessage.inventoryRequest(InventoryRequest()),
    "inventory item": InventoryItem(id: "a", version: "v1"),
    "inventory": inventory, "agent message: inventory": AgentMessage.inventory(inventory),
    "agent message: empty inventory": AgentMessage.inventory(Inventory()),
    "deployment item": item, "desired": desired, "manager message: desired": ManagerMessage.desired(desired),
    "manager message: nothing but complete": ManagerMessage.desired(Desired(nonce: 2, revision: 301, complete: true)),
    "inline blob": InlineBlob(data: Array("blob".utf8)),
    "desired with a blob": Desired(nonce: 1, blobs: [InlineBlob(data: Array("blob".utf8))]),
    "ack": Ack(nonce: 300), "agent message: ack": AgentMessage.ack(Ack(nonce: 1)),
    "nack item": nackItem, "nack": nack, "agent message: nack": AgentMessage.nack(nack),
    "deployment status": status, "status report": report, "agent message: status report": AgentMessage.status(report),
    "status ack": StatusAck(seq: 7), "manager message: status ack": ManagerMessage.statusAck(StatusAck(seq: 7)),
    "frame: open": Frame.open(1, Frame.Open(method: Delivery.session.name, deadline: nil, metadata: [:])),
    "frame: open with deadline and metadata": openWithAll,
    "frame: message": Frame.message(1, .inline([9, 9])), "frame: empty message": Frame.message(1, .inline([])),
    "frame: half close": Frame.halfClose(1), "frame: close with ok": Frame.close(1, .ok, ""),
    "frame: close with an error": Frame.close(2, .notFound, "no such blob"),
    "frame: end of the connection": Frame.close(0, .unavailable, "connect again"),
    "frame: credit of a stream": Frame.credit(1, 131_072), "frame: credit of the connection": Frame.credit(0, 524_288),
    "frame: ping": Frame.ping, "frame: pong": Frame.pong, "frame: goaway": Frame.goaway(goaway),
    "frame: settings": Frame.settings(managerSettings),
  ]

  /// The frames of each batch; a large payload is the vector's.
  static func frames(of batch: ProtocolVectors.Batch) -> [Frame]? {
    switch batch.name {
    case "greeting": [.settings(agentSettings)]
    case "unary call": [openWithAll, .message(3, .inline(enrollRequest.encoded())), .halfClose(3)]
    case "empty batch": []
    case "large payload":
      [.credit(0, 524_288), .message(2, .separate(SharedBuffer(copying: batch.payload?.data ?? [])))]
    case "unknown kind and unknown field": [.unrecognized, .ping]
    default: nil
    }
  }
}
