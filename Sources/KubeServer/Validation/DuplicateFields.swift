/// Finds keys that appear twice in one object of a JSON text, which a parsed tree cannot show any more.
///
/// The text need not be valid: what cannot be followed is left to the parser to refuse.
struct DuplicateFields {
  private let bytes: [UInt8]
  private var index = 0
  private var found: [String] = []

  /// Paths of duplicate fields in order of appearance, such as `spec.repo`.
  static func paths(inJSON bytes: [UInt8]) -> [String] {
    var scanner = DuplicateFields(bytes: bytes)
    _ = scanner.value("", depth: 0)
    return scanner.found
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] == 32 || (9...13).contains(bytes[index]) { index += 1 }
  }

  private mutating func value(_ path: String, depth: Int) -> Bool {
    skipSpace()
    guard index < bytes.count, depth < Limits.depth, found.count < Limits.reportedFields else { return false }
    switch bytes[index] {
    case UInt8(ascii: "{"): return object(path, depth)
    case UInt8(ascii: "["): return array(path, depth)
    case UInt8(ascii: "\""): return string() != nil
    default:
      while index < bytes.count, !Self.endsScalar(bytes[index]) { index += 1 }
      return true
    }
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 32
  }

  private mutating func object(_ path: String, _ depth: Int) -> Bool {
    index += 1
    var keys: Set<ArraySlice<UInt8>> = []
    while true {
      skipSpace()
      guard index < bytes.count else { return false }
      if bytes[index] == UInt8(ascii: "}") {
        index += 1
        return true
      }
      if bytes[index] == UInt8(ascii: ",") {
        index += 1
        continue
      }
      guard bytes[index] == UInt8(ascii: "\""), let key = string() else { return false }
      let name = String(decoding: key, as: UTF8.self)
      let below = path.isEmpty ? name : "\(path).\(name)"
      if !keys.insert(key).inserted { found.append(below) }
      skipSpace()
      guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return false }
      index += 1
      guard value(below, depth: depth + 1) else { return false }
    }
  }

  private mutating func array(_ path: String, _ depth: Int) -> Bool {
    index += 1
    var position = 0
    while true {
      skipSpace()
      guard index < bytes.count else { return false }
      if bytes[index] == UInt8(ascii: "]") {
        index += 1
        return true
      }
      if bytes[index] == UInt8(ascii: ",") {
        index += 1
        position += 1
        continue
      }
      guard value("\(path)[\(position)]", depth: depth + 1) else { return false }
    }
  }

  /// The raw text between the quotes; escapes are compared as they are written.
  private mutating func string() -> ArraySlice<UInt8>? {
    index += 1
    let start = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 2
      case UInt8(ascii: "\""):
        index += 1
        return bytes[start..<(index - 1)]
      default: index += 1
      }
    }
    return nil
  }
}
