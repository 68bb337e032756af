import Document
import Testing

@testable import KubeServer

@Suite("protobuf bodies")
struct ProtobufTests {
  private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    [UInt8(number << 3 | 2), UInt8(bytes.count)] + bytes
  }

  private func envelope(_ kind: String, _ raw: [UInt8]) -> [UInt8] {
    let type = field(1, Array("v1".utf8)) + field(2, Array(kind.utf8))
    return [0x6b, 0x38, 0x73, 0] + field(1, type) + field(2, raw) + field(3, []) + field(4, [])
  }

  private var secret: [UInt8] {
    let metadata =
      field(1, Array("s".utf8)) + field(2, []) + field(8, [])
      + field(11, field(1, Array("k".utf8)) + field(2, Array("v".utf8))) + field(14, Array("x.io/f".utf8)) + [0x38, 0]
    return envelope(
      "Secret", field(1, metadata) + field(2, field(1, Array("a".utf8)) + field(2, [1, 2])) + field(3, []) + [0x28, 1])
  }

  @Test("a message is the document its JSON would be, zeros left out")
  func document() throws {
    #expect(
      try ProtobufKinds.document(secret) == [
        "apiVersion": "v1", "kind": "Secret", "data": ["a": "AQI="], "immutable": true,
        "metadata": ["name": "s", "labels": ["k": "v"], "finalizers": ["x.io/f"]],
      ])
  }

  @Test("kinds that are not read are an unsupported media type; anything broken is a bad request, never a crash")
  func broken() {
    #expect { try ProtobufKinds.document(envelope("Pod", [])) } throws: {
      ($0 as? KubeError)?.code == .unsupportedMediaType
    }
    for length in 0..<secret.count { _ = try? ProtobufKinds.document(Array(secret.prefix(length))) }
    var generator = SplitMix(state: 3)
    for _ in 0..<20_000 {
      var bytes = secret
      for _ in 0..<3 {
        bytes[Int.random(in: 4..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? ProtobufKinds.document(bytes)
    }
  }
}
