/// The text of floating-point numbers as Go's strconv writes it, so that what Flotilla stores and hashes agrees with what
/// Kubernetes' own tools print.
enum NumberText {
  /// As Go's encoding/json: plain decimals from 1e-6 up to 1e21, otherwise an exponent without leading zeros.
  static func json(_ value: Double) -> String {
    let magnitude = value.magnitude
    let exponential = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)
    let parts = decimal(value)
    return exponential ? parts.exponential(minimumExponentDigits: 1) : parts.plain()
  }

  /// As `strconv.FormatFloat(value, 'g', -1, 64)`, which go-yaml writes numbers with.
  static func general(_ value: Double) -> String {
    general(decimal(value))
  }

  /// As `strconv.FormatFloat(value, 'g', -1, 32)`: sigs.k8s.io/yaml makes keys of numbers in single precision.
  static func key(_ value: Double) -> String {
    if value.isNaN { return ".nan" }
    if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
    return general(decimal(negative: value.sign == .minus, Float(value).magnitude.description))
  }

  private static func general(_ decimal: Decimal) -> String {
    // Go's shortest form switches to an exponent below 1e-4 and from 1e6 on.
    let exponent = decimal.pointPosition - 1
    let exponential = exponent < -4 || exponent >= 6
    return exponential ? decimal.exponential(minimumExponentDigits: 2) : decimal.plain()
  }

  /// The shortest decimal digits that read back as the same number: 0.d₁d₂d₃… × 10^pointPosition.
  private struct Decimal {
    var negative: Bool
    var digits: [UInt8]
    var pointPosition: Int

    func plain() -> String {
      var text = negative ? "-" : ""
      if pointPosition <= 0 {
        text += "0"
        if digits != [0] { text += "." + String(repeating: "0", count: -pointPosition) + ascii(digits[...]) }
      } else if pointPosition >= digits.count {
        text += ascii(digits[...]) + String(repeating: "0", count: pointPosition - digits.count)
      } else {
        text += ascii(digits[..<pointPosition]) + "." + ascii(digits[pointPosition...])
      }
      return text
    }

    func exponential(minimumExponentDigits: Int) -> String {
      var text = (negative ? "-" : "") + ascii(digits[..<1])
      if digits.count > 1 { text += "." + ascii(digits[1...]) }
      let exponent = pointPosition - 1
      let magnitude = String(exponent.magnitude)
      text += exponent < 0 ? "e-" : "e+"
      return text + String(repeating: "0", count: max(0, minimumExponentDigits - magnitude.count)) + magnitude
    }

    private func ascii(_ digits: ArraySlice<UInt8>) -> String {
      String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }
  }

  /// Takes Swift's shortest description apart, which is either plain ("120.5") or has an exponent ("1.5e-07").
  private static func decimal(_ value: Double) -> Decimal {
    decimal(negative: value.sign == .minus, value.magnitude.description)
  }

  private static func decimal(negative: Bool, _ magnitude: String) -> Decimal {
    var digits = [UInt8]()
    var pointPosition: Int?
    var exponent = 0
    var iterator = magnitude.utf8.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "."): pointPosition = digits.count
      default:
        var text = [UInt8]()
        while let rest = iterator.next() { text.append(rest) }
        exponent = Int(String(decoding: text, as: UTF8.self)) ?? 0
      }
    }
    var position = (pointPosition ?? digits.count) + exponent
    let leadingZeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leadingZeros)
    position -= leadingZeros
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { return Decimal(negative: negative, digits: [0], pointPosition: 1) }
    return Decimal(negative: negative, digits: digits, pointPosition: position)
  }
}
