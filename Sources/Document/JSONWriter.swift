/// Appends JSON text to a byte array. Recursion is bounded by the depth of the value itself.
struct JSONWriter {
  private(set) var bytes = [UInt8]()
  private let pretty: Bool
  private var indent = 0

  init(pretty: Bool) {
    self.pretty = pretty
    bytes.reserveCapacity(256)
  }

  mutating func write(_ value: Value) {
    switch value {
    case .null: append("null")
    case .bool(let bool): append(bool ? "true" : "false")
    case .integer(let integer): write(integer)
    case .number(let double): append(double.isFinite ? NumberText.json(double) : "null")
    case .string(let string): write(string)
    case .array(let elements): write(elements)
    case .object(let members): write(members)
    }
  }

  private mutating func write(_ elements: [Value]) {
    bytes.append(UInt8(ascii: "["))
    indent += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newline()
      write(element)
    }
    indent -= 1
    if !elements.isEmpty { newline() }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ members: [String: Value]) {
    bytes.append(UInt8(ascii: "{"))
    indent += 1
    for (index, member) in members.sorted(by: { ByteOrder.precedes($0.key, $1.key) }).enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newline()
      write(member.key)
      bytes.append(UInt8(ascii: ":"))
      if pretty { bytes.append(UInt8(ascii: " ")) }
      write(member.value)
    }
    indent -= 1
    if !members.isEmpty { newline() }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func newline() {
    guard pretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ integer: Int64) {
    if integer >= 0, integer < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(integer))
    } else {
      append(String(integer))
    }
  }

  private mutating func write(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { utf8 in
      var start = 0
      var index = 0
      while index < utf8.count {
        let byte = utf8[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0xE2 else {
          index += 1
          continue
        }
        // U+2028 and U+2029 break lines in JavaScript; Go always escapes them.
        let separator =
          byte == 0xE2 && index + 2 < utf8.count && utf8[index + 1] == 0x80 && (utf8[index + 2] & 0xFE) == 0xA8
        if byte == 0xE2, !separator {
          index += 3
          continue
        }
        bytes.append(contentsOf: utf8[start..<index])
        if separator {
          append(utf8[index + 2] == 0xA8 ? "\\u2028" : "\\u2029")
          index += 3
        } else {
          escape(byte)
          index += 1
        }
        start = index
      }
      bytes.append(contentsOf: utf8[start..<utf8.count])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x08: append("\\b")
    case 0x09: append("\\t")
    case 0x0A: append("\\n")
    case 0x0C: append("\\f")
    case 0x0D: append("\\r")
    default:
      append("\\u00")
      bytes.append(Self.hexadecimal[Int(byte >> 4)])
      bytes.append(Self.hexadecimal[Int(byte & 15)])
    }
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
}

/// The order of strings by their UTF-8 bytes, as Go sorts them. Swift's own `<` compares normalised text.
enum ByteOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    let fast = left.utf8.withContiguousStorageIfAvailable { left in
      right.utf8.withContiguousStorageIfAvailable { right in left.lexicographicallyPrecedes(right) }
    }
    return (fast ?? nil) ?? left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
