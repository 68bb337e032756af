import CZeroMQ

/// ZeroMQ's printable form of keys (RFC 32/Z85): 32 bytes in 40 characters.
enum Z85 {
  /// The text of the bytes, whose number must be a multiple of 4.
  static func encode(_ bytes: [UInt8]) -> String {
    precondition(bytes.count % 4 == 0, "Z85 encodes multiples of 4 bytes")
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count * 5 / 4 + 1) { text in
      guard let start = text.baseAddress, zmq_z85_encode(start, bytes, bytes.count) != nil else { return "" }
      return String(cString: start)
    }
  }

  /// The 32 bytes of a key's text; nil where it is not one.
  static func decodeKey(_ text: String) -> [UInt8]? {
    guard text.utf8.count == 40, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard zmq_z85_decode(&bytes, text) != nil else { return nil }
    // libzmq 4.3.4 accepts a few texts that are not canonical; one key must have one text.
    return encode(bytes) == text ? bytes : nil
  }
}
