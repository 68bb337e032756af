/// A recursive-descent JSON reader over a byte buffer (RFC 8259, with Go's leniences as `JSON` states them).
struct JSONReader {
  /// What went wrong; its place is where the reader stands.
  struct Problem: Error {
    var code: DocumentError.Code
    var message: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let limits: DocumentLimits
  private var position = 0
  private var depth = 0
  private var nodes = 0
  /// Members of the objects that are being read, the innermost last: a dictionary is made once, when it is known how large.
  private var members: [(key: String, value: Value)] = []

  init(_ bytes: UnsafeBufferPointer<UInt8>, limits: DocumentLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(Problem) -> Value {
    guard bytes.count <= limits.bytes else {
      throw Problem(
        code: .limit, message: "the document is \(bytes.count) bytes long, and the limit is \(limits.bytes)")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipSpace()
    guard position < bytes.count else { throw syntax("expected a JSON value, but the text is empty") }
    let result = try value()
    skipSpace()
    guard position == bytes.count else { throw syntax("unexpected \(here) after the JSON value") }
    return result
  }

  /// Turns a problem into an error with the line and column where the reader stopped.
  func locate(_ problem: Problem, file: String) -> DocumentError {
    var line = 1
    var lineStart = 0
    let end = min(position, bytes.count)
    for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    return DocumentError(problem.code, problem.message, file: file, line: line, column: end - lineStart + 1)
  }

  private func syntax(_ message: String) -> Problem { Problem(code: .syntax, message: message) }

  /// The byte at the current place, for messages.
  private var here: String {
    guard position < bytes.count else { return "end of text" }
    let byte = bytes[position]
    guard (0x21...0x7E).contains(byte) else {
      return byte == 0x20 ? "space" : "byte 0x" + String(byte, radix: 16, uppercase: true)
    }
    return "'\(Character(Unicode.Scalar(byte)))'"
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(Problem) -> Value {
    nodes += 1
    if nodes > limits.nodes {
      throw Problem(code: .limit, message: "the document holds more than \(limits.nodes) values")
    }
    guard position < bytes.count else { throw syntax("expected a value, found end of text") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""):
      position += 1
      return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw syntax("expected a value, found \(here)")
    }
  }

  private mutating func literal(_ text: StaticString, _ value: Value) throws(Problem) -> Value {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count else { throw syntax("expected \(text)") }
    for offset in 0..<count where bytes[position + offset] != text.utf8Start[offset] {
      throw syntax("expected \(text)")
    }
    position += count
    return value
  }

  private mutating func descend() throws(Problem) {
    depth += 1
    if depth > limits.depth {
      throw Problem(code: .limit, message: "the document is nested deeper than \(limits.depth) levels")
    }
    position += 1
    skipSpace()
  }

  private mutating func array() throws(Problem) -> Value {
    try descend()
    var elements = [Value]()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return .array(elements)
    }
    while true {
      elements.append(try value())
      skipSpace()
      guard position < bytes.count else { throw syntax("expected ',' or ']', found end of text") }
      switch bytes[position] {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "]"):
        position += 1
        depth -= 1
        return .array(elements)
      default: throw syntax("expected ',' or ']', found \(here)")
      }
    }
  }

  private mutating func object() throws(Problem) -> Value {
    try descend()
    let first = members.count
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return .object([:])
    }
    while true {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw syntax("expected a key in double quotes, found \(here)")
      }
      position += 1
      let key = try string()
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
        throw syntax("expected ':' after key \"\(key)\", found \(here)")
      }
      position += 1
      skipSpace()
      let value = try value()
      members.append((key, value))
      skipSpace()
      guard position < bytes.count else { throw syntax("expected ',' or '}', found end of text") }
      switch bytes[position] {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "}"):
        position += 1
        depth -= 1
        return .object(takeMembers(from: first))
      default: throw syntax("expected ',' or '}', found \(here)")
      }
    }
  }

  /// The members from an index on, of repeated keys the last.
  private mutating func takeMembers(from first: Int) -> [String: Value] {
    var object = [String: Value](minimumCapacity: members.count - first)
    for index in first..<members.count { object[members[index].key] = members[index].value }
    members.removeSubrange(first...)
    return object
  }

  /// The string whose opening quote has been passed; ends behind the closing one.
  private mutating func string() throws(Problem) -> String {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw syntax("a string holds an unescaped control character, \(here)") }
      position += 1
    }
    throw syntax("the string that began before the end of the text is not closed")
  }

  /// The rest of a string that has escapes: built up byte by byte.
  private mutating func escapedString(from start: Int) throws(Problem) -> String {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        try escape(into: &text)
      case 0..<0x20: throw syntax("a string holds an unescaped control character, \(here)")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw syntax("the string that began before the end of the text is not closed")
  }

  private mutating func escape(into text: inout [UInt8]) throws(Problem) {
    guard position + 1 < bytes.count else { throw syntax("the text ends within an escape") }
    position += 1
    switch bytes[position] {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      position += 1
      let unit = try hexadecimalUnit(at: position)
      position += 4
      var scalar = Unicode.Scalar(unit)
      if (0xD800..<0xDC00).contains(unit), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        let low = try hexadecimalUnit(at: position + 2)
        if (0xDC00..<0xE000).contains(low) {
          scalar = Unicode.Scalar(0x10000 + ((UInt32(unit) - 0xD800) << 10) + (UInt32(low) - 0xDC00))
          position += 6
        }
      }
      text.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
      return
    default: throw syntax("unknown escape \\\(here)")
    }
    position += 1
  }

  private func hexadecimalUnit(at start: Int) throws(Problem) -> UInt16 {
    guard start + 4 <= bytes.count else { throw syntax("the text ends within a \\u escape") }
    var unit: UInt16 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw syntax("a \\u escape needs four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position - start
  }

  private mutating func number() throws(Problem) -> Value {
    let start = position
    let negative = bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    let integerStart = position
    guard digits() > 0 else { throw syntax("expected a digit, found \(here)") }
    if bytes[integerStart] == UInt8(ascii: "0"), position - integerStart > 1 {
      position = integerStart + 1
      throw syntax("a number may not begin with a zero")
    }
    var integral = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      integral = false
      position += 1
      guard digits() > 0 else { throw syntax("expected a digit after the decimal point, found \(here)") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      integral = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard digits() > 0 else { throw syntax("expected a digit in the exponent, found \(here)") }
    }
    if integral {
      // At most 18 digits cannot overflow, and nearly all numbers are that short.
      if position - integerStart <= 18 {
        var result: Int64 = 0
        for byte in bytes[integerStart..<position] { result = result * 10 + Int64(byte - UInt8(ascii: "0")) }
        return .integer(negative ? -result : result)
      }
      if let integer = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) { return .integer(integer) }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let double = Double(text), double.isFinite else {
      position = start
      throw syntax("the number \(text.prefix(40)) is out of range")
    }
    return .canonical(double)
  }
}
