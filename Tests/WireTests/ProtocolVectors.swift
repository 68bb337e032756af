import Foundation

@testable import Wire

/// `Vectors/protocol.json`: what docs/protocol.md says, byte for byte. Another implementation made them (Google's protobuf);
/// nothing here writes the file.
struct ProtocolVectors: Decodable {
  struct Message: Decodable {
    let name: String
    let message: String
    let hex: String
  }

  struct Batch: Decodable {
    struct Payload: Decodable {
      let bytes: Int
      let modulus: Int

      /// The second part of the message.
      var data: [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: $0 % modulus) } }
    }

    let name: String
    let hex: String
    let payload: Payload?
  }

  struct Hash: Decodable {
    let name: String
    let entries: [String: String]
    let status: [String: String]?
    let sha256: String
  }

  struct Key: Decodable {
    let bytes: String
    let z85: String
    let base64url: String
    let routingIDPrefix: String
  }

  let messages: [Message]
  let batches: [Batch]
  let hashes: [Hash]
  let keys: [Key]

  static func load() throws -> ProtocolVectors {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/protocol.json")
    return try JSONDecoder().decode(ProtocolVectors.self, from: try Data(contentsOf: file))
  }
}

extension [UInt8] {
  /// Lower-case hexadecimal.
  var hex: String { map { String(format: "%02x", $0) }.joined() }

  /// The bytes of hexadecimal text; nil where it is none.
  init?(hex: String) {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
    self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
