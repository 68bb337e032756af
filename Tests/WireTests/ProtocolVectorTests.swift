import Testing

@testable import Wire

@Suite("Vectors of the protocol")
struct ProtocolVectorTests {
  private let vectors: ProtocolVectors

  init() throws { vectors = try ProtocolVectors.load() }

  @Test("every kind of message and frame is written and read as its vector says, byte for byte")
  func messages() throws {
    #expect(Set(vectors.messages.map(\.name)) == Set(ProtocolVectorValues.messages.keys))
    for vector in vectors.messages {
      let value = try #require(ProtocolVectorValues.messages[vector.name])
      #expect("\(type(of: value))" == vector.message, "\(vector.name)")
      #expect(value.encoded().hex == vector.hex, "\(vector.name)")
      let again = try type(of: value).init(decoding: try #require([UInt8](hex: vector.hex)))
      #expect(again.encoded().hex == vector.hex, "\(vector.name), read")
    }
  }

  @Test("a batch is written and read as its vector says, with the last frame's payload in a part of its own")
  func batches() throws {
    for vector in vectors.batches {
      let wanted = try #require(ProtocolVectorValues.frames(of: vector), "\(vector.name)")
      var batch: [UInt8] = []
      for frame in wanted { BatchCodec.append(frame, to: &batch) }
      // This version cannot write what it does not know.
      if !wanted.contains(where: isUnrecognized) { #expect(batch.hex == vector.hex, "\(vector.name)") }
      var frames: [Frame] = []
      try #require([UInt8](hex: vector.hex)).withUnsafeBytes { first in
        try (vector.payload?.data ?? []).withUnsafeBytes { second in
          try BatchCodec.decode(first, payload: vector.payload == nil ? nil : second, into: &frames)
        }
      }
      try #require(frames.count == wanted.count, "\(vector.name)")
      for (frame, wanted) in zip(frames, wanted) {
        #expect(frame.encoded() == wanted.encoded() || isMessage(frame), "\(vector.name)")
        if case (.message(_, let found), .message(_, let payload)) = (frame, wanted) {
          #expect(found.bytes == payload.bytes, "\(vector.name)")
        }
      }
    }
  }

  private func isUnrecognized(_ frame: Frame) -> Bool { if case .unrecognized = frame { true } else { false } }
  private func isMessage(_ frame: Frame) -> Bool { if case .message = frame { true } else { false } }

  @Test("a queue sends the large payload of a vector in a second part")
  func queue() throws {
    let vector = try #require(vectors.batches.first { $0.payload != nil })
    var queue = OutboundQueue()
    for frame in try #require(ProtocolVectorValues.frames(of: vector)) { queue.append(frame) }
    let message = try #require(queue.take().first)
    #expect(message.batch.hex == vector.hex)
    #expect(message.payload?.withBytes { Array($0) } == vector.payload?.data)
  }

  @Test("inventories and statuses are hashed as their vectors say")
  func hashes() throws {
    for vector in vectors.hashes {
      #expect(DeliveryHash.inventory(vector.entries).hex == vector.sha256, "\(vector.name)")
      for (id, status) in vector.status ?? [:] {
        #expect(DeliveryHash.status(Array(status.utf8)) == vector.entries[id], "\(vector.name)")
      }
    }
  }

  @Test("keys have the texts and routing ids of their vectors")
  func keys() throws {
    for vector in vectors.keys {
      let key = try CurvePublicKey(bytes: try #require([UInt8](hex: vector.bytes)))
      #expect(key.z85 == vector.z85)
      #expect(key.base64URL == vector.base64url)
      #expect(try CurvePublicKey(z85: vector.z85) == key)
      #expect(try CurvePublicKey(base64URL: vector.base64url) == key)
      #expect(Array(RoutingID(of: key).bytes.prefix(16)).hex == vector.routingIDPrefix)
    }
  }
}
