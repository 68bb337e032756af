/// Reads the protobuf wire format. What runs over the end is `badRequest`.
struct ProtobufReader {
  /// One field's value as it is on the wire.
  enum Field {
    case varint(UInt64)
    case bytes(ArraySlice<UInt8>)
    /// A fixed-size number; no message read here has any.
    case fixed
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end.
  mutating func next() throws(KubeError) -> (number: Int, field: Field)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0 else { throw Self.malformed }
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1:
      _ = try take(8)
      return (number, .fixed)
    case 2:
      guard let count = Int(exactly: try varint()) else { throw Self.malformed }
      return (number, .bytes(try take(count)))
    case 5:
      _ = try take(4)
      return (number, .fixed)
    default: throw Self.malformed
    }
  }

  private mutating func varint() throws(KubeError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, through: 63, by: 7) {
      guard let byte = rest.popFirst() else { throw Self.malformed }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte & 0x80 == 0 { return value }
    }
    throw Self.malformed
  }

  private mutating func take(_ count: Int) throws(KubeError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw Self.malformed }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  static let malformed = KubeError.badRequest("the body is not valid protobuf; send JSON")
}
