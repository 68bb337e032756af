/// Takes a stream of bytes apart into frames: four bytes of length, the highest first, and then as many bytes.
struct FrameReader {
  private let limit: Int
  private var buffer: [UInt8] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// The bytes that belong to a frame which is not complete.
  var incomplete: Int { buffer.count }

  /// Adds bytes and returns the frames that they complete, in order.
  ///
  /// - Throws: `outputLimit` when a frame says that it is larger than the limit.
  mutating func append(_ bytes: some Collection<UInt8>) throws(ConfinementError) -> [[UInt8]] {
    buffer.append(contentsOf: bytes)
    var frames: [[UInt8]] = []
    var start = 0
    while buffer.count - start >= 4 {
      let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= limit else {
        // What came whole before it is told of first.
        guard frames.isEmpty else { break }
        throw ConfinementError(.outputLimit, "an answer of \(length) bytes is more than \(limit) (outputBytes)")
      }
      guard buffer.count - start >= 4 + length else { break }
      frames.append(Array(buffer[start + 4..<start + 4 + length]))
      start += 4 + length
    }
    if start > 0 { buffer.removeFirst(start) }
    return frames
  }

  /// A frame that holds these bytes.
  static func frame(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
  }
}
