import Document

/// JSON text as Go's encoder writes it with HTML escaping on.
struct GoJSONText {
  private(set) var bytes: [UInt8] = []

  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var iterator = text.utf8.makeIterator()
    var pending: [UInt8] = []
    while let byte = iterator.next() {
      if byte >= 0x80 {
        appendMultibyte(byte, &pending)
        continue
      }
      pending.removeAll(keepingCapacity: true)
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x08: raw("\\b")
      case 0x09: raw("\\t")
      case 0x0A: raw("\\n")
      case 0x0C: raw("\\f")
      case 0x0D: raw("\\r")
      case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): escape(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// A tree, with the members of objects in order of their keys, as Go writes maps.
  mutating func value(_ value: Value) {
    switch value {
    case .string(let text): string(text)
    case .array(let elements):
      raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { raw(",") }
        self.value(element)
      }
      raw("]")
    case .object(let members):
      raw("{")
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        if index > 0 { raw(",") }
        string(member.key)
        raw(":")
        self.value(member.value)
      }
      raw("}")
    case .null, .bool, .integer, .number: bytes += JSON.encode(value)
    }
  }

  private mutating func escape(_ byte: UInt8) {
    let digits = Array("0123456789abcdef".utf8)
    raw("\\u00")
    bytes.append(digits[Int(byte >> 4)])
    bytes.append(digits[Int(byte & 15)])
  }

  /// Copies bytes of a multibyte character; U+2028 and U+2029, which JavaScript takes for line breaks, are escaped.
  private mutating func appendMultibyte(_ byte: UInt8, _ pending: inout [UInt8]) {
    bytes.append(byte)
    if byte >= 0xC0 { pending.removeAll(keepingCapacity: true) }
    pending.append(byte)
    if pending == [0xE2, 0x80, 0xA8] || pending == [0xE2, 0x80, 0xA9] {
      bytes.removeLast(3)
      raw(byte == 0xA8 ? "\\u2028" : "\\u2029")
    }
  }
}
