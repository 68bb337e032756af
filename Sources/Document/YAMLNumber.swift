/// The numbers of go-yaml v2, and the shapes that other YAML readers take for numbers or dates.
enum YAMLNumber {
  /// The number that a plain scalar beginning with a digit, a sign or a point stands for; nil if it is text after all.
  static func resolve(_ text: String) -> YAMLScalar.Resolved? {
    switch text {
    case ".nan", ".NaN", ".NAN": return .float(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .float(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
    default: break
    }
    if text.hasPrefix(".") {
      // Here go-yaml calls Go's ParseFloat as it is, which takes an underscore between digits alone.
      guard underscoresSeparateDigits(text) else { return nil }
      return decimal(text.utf8.filter { $0 != UInt8(ascii: "_") })
    }
    let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
    return integer(plain) ?? decimal(plain)
  }

  /// Go's `ParseInt(text, 0, 64)`, then `ParseUint`: decimal, 0x, 0o, 0b, and a leading zero for octal.
  private static func integer(_ text: [UInt8]) -> YAMLScalar.Resolved? {
    var digits = text[...]
    let negative = digits.first == UInt8(ascii: "-")
    let signed = negative || digits.first == UInt8(ascii: "+")
    if signed { digits.removeFirst() }
    var radix: UInt64 = 10
    if digits.first == UInt8(ascii: "0"), digits.count > 1 {
      switch digits[digits.startIndex + 1] | 0x20 {
      case UInt8(ascii: "x"): radix = 16
      case UInt8(ascii: "o"): radix = 8
      case UInt8(ascii: "b"): radix = 2
      default: radix = 0
      }
      digits.removeFirst(radix == 0 ? 1 : 2)
      if radix == 0 { radix = 8 }
    }
    guard !digits.isEmpty else { return nil }
    var magnitude: UInt64 = 0
    for byte in digits {
      guard let digit = digitValue(byte), digit < radix else { return nil }
      let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: radix)
      let (sum, overflow) = product.addingReportingOverflow(digit)
      if tooLarge || overflow { return nil }
      magnitude = sum
    }
    if negative {
      guard magnitude <= Int64.min.magnitude else { return nil }
      return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
    if let value = Int64(exactly: magnitude) { return .integer(value) }
    return signed ? nil : .unsigned(magnitude)
  }

  private static func digitValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within a double's range.
  private static func decimal(_ text: [UInt8]) -> YAMLScalar.Resolved? {
    var scanner = Scanner(text)
    _ = scanner.take(any: "+-")
    let whole = scanner.takeDigits()
    let fraction = scanner.take(any: ".") ? scanner.takeDigits() : 0
    guard whole + fraction > 0 else { return nil }
    if scanner.take(any: "eE") {
      _ = scanner.take(any: "+-")
      guard scanner.takeDigits() > 0 else { return nil }
    }
    guard scanner.atEnd else { return nil }
    // Swift reads neither ".5" nor "5." nor a plus sign.
    var normal = String(decoding: text.filter { $0 != UInt8(ascii: "+") }, as: UTF8.self)
    if let point = normal.firstIndex(of: ".") {
      if fraction == 0 { normal.remove(at: point) } else if whole == 0 { normal.insert("0", at: point) }
    }
    guard let value = Double(normal), value.isFinite else { return nil }
    return .float(value)
  }

  private static func underscoresSeparateDigits(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && bytes[index] &- UInt8(ascii: "0") < 10 }
    return bytes.indices.allSatisfy { bytes[$0] != UInt8(ascii: "_") || isDigit($0 - 1) && isDigit($0 + 1) }
  }

  /// YAML 1.1's base 60 (`1:30`), which nobody should write and old readers still read as a number.
  static func isSexagesimal(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return false }
    var scanner = Scanner(Array(text.utf8))
    _ = scanner.take(any: "+-")
    guard scanner.takeDigits() > 0 else { return false }
    var groups = 0
    while scanner.take(any: ":") {
      guard (1...2).contains(scanner.takeDigits()) else { return false }
      groups += 1
    }
    if scanner.take(any: ".") { _ = scanner.takeDigits() }
    return groups > 0 && scanner.atEnd
  }

  /// A date, or a date with a time, as YAML 1.1 and go-yaml know them.
  static func isTimestamp(_ text: String) -> Bool {
    var scanner = Scanner(Array(text.utf8))
    guard scanner.takeDigits() == 4, scanner.take(any: "-"), let month = scanner.takeNumber(), scanner.take(any: "-"),
      let day = scanner.takeNumber()
    else { return false }
    guard (1...12).contains(month), (1...31).contains(day) else { return false }
    if scanner.atEnd { return true }
    guard scanner.take(any: "Tt \t") else { return false }
    guard scanner.takeNumber() != nil, scanner.take(any: ":"), scanner.takeNumber() != nil else { return false }
    return scanner.take(any: ":") && scanner.takeNumber() != nil
  }

  /// A cursor over ASCII text.
  private struct Scanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }

    mutating func take(any characters: StaticString) -> Bool {
      guard position < bytes.count else { return false }
      for offset in 0..<characters.utf8CodeUnitCount where characters.utf8Start[offset] == bytes[position] {
        position += 1
        return true
      }
      return false
    }

    /// Skips digits, and says how many there were.
    mutating func takeDigits() -> Int {
      let start = position
      while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
      return position - start
    }

    /// A number of one or two digits.
    mutating func takeNumber() -> Int? {
      let start = position
      guard (1...2).contains(takeDigits()) else { return nil }
      return Int(String(decoding: bytes[start..<position], as: UTF8.self))
    }
  }
}
