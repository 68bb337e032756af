import Foundation

@testable import Wire

/// Everything that comes over the bus.
enum WireTargets {
  static let all = [batches, messages, connection, session, keys]

  /// A batch and a second part: a zero byte in front, or the length of the batch.
  private static let batches = FuzzTarget(name: "wire-batch", form: .protobuf, seeds: vectors("batches")) { bytes in
    for payload in [nil, [UInt8](bytes.suffix(bytes.count / 3))] as [[UInt8]?] {
      for frame in try decode(bytes, payload: payload) {
        guard case .unrecognized = frame else {
          let encoded = frame.encoded()
          let again = try accepted("a frame that was read and written") { try Frame(decoding: encoded) }
          try promise(again.encoded() == encoded, "a frame changes when it is written and read")
          continue
        }
      }
    }
  }

  private static let types: [any WireMessage.Type] = [
    AgentMessage.self, ManagerMessage.self, Hello.self, Welcome.self, Inventory.self, Desired.self, Nack.self,
    StatusReport.self, StatusAck.self, EnrollRequest.self, EnrollResponse.self, FetchRequest.self, FetchChunk.self,
    Settings.self, Goaway.self, Metadata.self, Label.self, Ack.self, InventoryRequest.self, DeploymentItem.self,
    KeyChange.self,
  ]

  /// Each input as every message: what is one of them is odd as another.
  private static let messages = FuzzTarget(name: "wire-message", form: .protobuf, seeds: vectors("messages")) { bytes in
    for type in types {
      guard let message = try? type.init(decoding: bytes) else { continue }
      let encoded = message.encoded()
      let again = try accepted("a \(type) that was read and written") { try type.init(decoding: encoded) }
      try promise(again.encoded() == encoded, "a \(type) changes when it is written and read")
    }
  }

  /// Frames in a row, to a connection that is open: it may end, and never holds more credit than allowed.
  private static let connection = FuzzTarget(
    name: "wire-connection", form: .protobuf, seeds: vectors("batches")
  ) { bytes in
    let start = Moment(nanoseconds: 1_000_000_000)
    for side in [RPCConnectionCore.Side.bound, .connecting] {
      var core = RPCConnectionCore(side: side, configuration: .init(), now: start)
      core.receive(.settings(Settings(protocolMin: 1, protocolMax: 1, streamsMax: 8)), now: start)
      if side == .connecting {
        _ = try? core.open(Frame.Open(method: "a/B", deadline: nil, metadata: [:]), now: start)
      }
      for frame in try decode(bytes, payload: nil) {
        core.receive(frame, now: start)
        core.tick(now: start)
        try promise(
          core.isOver || core.sendCredit <= WireLimits.creditBytes, "credit of \(core.sendCredit) bytes was taken")
        try promise(core.remoteStreams <= core.configuration.streamsMax, "\(core.remoteStreams) streams are open")
      }
      core.fail(RPCError(.unavailable, "the end"), notify: true, now: start)
      try promise(core.streams.isEmpty, "streams are left when the connection is over")
    }
  }

  /// An agent's messages, each a length byte and its bytes, to a session that answers everything.
  private static let session = FuzzTarget(name: "wire-session", form: .bytes, seeds: sessions) { bytes in
    var session = ManagerSession(.init(sessionID: 1))
    var rest = bytes[...]
    while let length = rest.popFirst() {
      let message = try? AgentMessage(decoding: Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
      guard let message else { continue }
      var events = [ManagerSession.Event.received(message)]
      var steps = 0
      while !events.isEmpty {
        steps += 1
        try promise(steps < 1000, "one message keeps a session busy for ever")
        for directive in session.handle(events.removeFirst()) {
          switch directive {
          case .loadAll:
            events.append(.loadedAll([DeploymentItem(id: "a", version: "1")], revision: 7, statusHash: nil))
          case .load(let ids):
            events.append(.loaded(ids.map { DeploymentItem(id: $0, version: "2") }, revision: 8))
          case .commitStatus(let seq, _): events.append(.statusCommitted(seq: seq))
          default: break
          }
        }
      }
    }
  }

  private static let sessions: [[UInt8]] = {
    let messages: [AgentMessage] = [
      .hello(Hello(protocolMin: 1, protocolMax: 1, inventoryHash: [1])), .inventory(Inventory(items: [])),
      .status(StatusReport(seq: 1, statuses: [DeploymentStatus(id: "a")])), .ack(Ack(nonce: 1)),
      .nack(Nack(nonce: 2, code: 3, items: [NackItem(id: "a", version: "1")])),
    ]
    return [messages.map { $0.encoded() }.flatMap { [UInt8($0.count)] + $0 }]
  }()

  private static let keys = FuzzTarget(
    name: "wire-key", form: .text,
    seeds: [
      Array("0rJua1Qkhq2)}4G4gS)W5Ft->6=4P585:Cl9uDpB".utf8), Array("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA".utf8),
    ], dictionary: ["%", "#", "=", "_", "-", " ", "\u{0}", "é"]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = try? CurvePublicKey(z85: text) {
      try promise(key.z85 == text, "a Z85 text is the key of another text: \(key.z85)")
    }
    if let key = try? CurvePublicKey(base64URL: text) {
      try promise(key.base64URL == text, "a base64url text is the key of another text: \(key.base64URL)")
    }
    if let decoded = Base64URL.decode(text) { try promise(Base64URL.encode(decoded) == text, "not canonical") }
    _ = bytes.withUnsafeBytes { RoutingID($0) }
  }

  private static func decode(_ bytes: [UInt8], payload: [UInt8]?) throws -> [Frame] {
    var frames: [Frame] = []
    try bytes.withUnsafeBytes { batch in
      guard let payload else { return try BatchCodec.decode(batch, payload: nil, into: &frames) }
      try payload.withUnsafeBytes { try BatchCodec.decode(batch, payload: $0, into: &frames) }
    }
    return frames
  }

  /// The vectors of the protocol, which are good messages of every kind.
  private static func vectors(_ part: String) -> [[UInt8]] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("WireTests/Vectors/protocol.json")
    guard let data = try? Data(contentsOf: file),
      let document = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let vectors = document[part] as? [[String: Any]]
    else { return [] }
    return vectors.compactMap { $0["hex"] as? String }.map { text in
      let digits = text.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
  }
}
