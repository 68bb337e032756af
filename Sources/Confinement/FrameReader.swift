/// Takes a stream of bytes apart into frames: four bytes of length, the highest first, and then as many bytes.
struct FrameReader {
  private let limit: Int
  private var buffer: [UInt8] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// Adds bytes and returns the frame that they complete.
  ///
  /// - Throws: `outputLimit` when a frame says that it is larger than the limit; `crashed` when bytes follow a frame:
  ///   one request has one answer.
  mutating func append(_ bytes: some Collection<UInt8>) throws(ConfinementError) -> [UInt8]? {
    buffer.append(contentsOf: bytes)
    guard buffer.count >= 4 else { return nil }
    let length = buffer.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard length <= limit else {
      throw ConfinementError(.outputLimit, "an answer of \(length) bytes is more than \(limit) (outputBytes)")
    }
    guard buffer.count <= 4 + length else {
      throw ConfinementError(
        .crashed, "\(buffer.count - 4 - length) bytes follow an answer: its output is no answer only")
    }
    guard buffer.count == 4 + length else { return nil }
    defer { buffer = [] }
    return Array(buffer.dropFirst(4))
  }

  /// A frame that holds these bytes.
  static func frame(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
  }
}
