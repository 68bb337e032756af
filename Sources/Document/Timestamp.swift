/// A point in time as Kubernetes objects carry it: seconds since 1970 in UTC, written as RFC 3339.
///
/// There is no clock here: whoever makes one says what time it is.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
  public let seconds: Int64

  /// A point in time by its seconds since 1970.
  public init(seconds: Int64) { self.seconds = seconds }

  /// Reads RFC 3339, with a fraction (dropped) and any offset; nil when the text is anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[13] == 0x3A, bytes[16] == 0x3A else {
      return nil
    }
    guard bytes[10] == 0x54 || bytes[10] == 0x74 else { return nil }
    guard
      let year = Timestamp.number(bytes[0..<4]), let month = Timestamp.number(bytes[5..<7]),
      let day = Timestamp.number(bytes[8..<10]), let hour = Timestamp.number(bytes[11..<13]),
      let minute = Timestamp.number(bytes[14..<16]), let second = Timestamp.number(bytes[17..<19]),
      (1...12).contains(month), (1...Timestamp.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    var rest = bytes[19...]
    if rest.first == 0x2E {
      let digits = rest.dropFirst()
      rest = digits.drop { (0x30...0x39).contains($0) }
      guard rest.count < digits.count else { return nil }
    }
    guard let offset = Timestamp.offset(rest) else { return nil }
    let days = Timestamp.days(year: year, month: month, day: day)
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var result: Int64 = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      result = result * 10 + Int64(digit - 0x30)
    }
    return result
  }

  private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
    if text.elementsEqual([0x5A]) || text.elementsEqual([0x7A]) { return 0 }
    let bytes = Array(text)
    guard bytes.count == 6, bytes[3] == 0x3A, let hours = number(bytes[1..<3]), let minutes = number(bytes[4..<6])
    else {
      return nil
    }
    guard hours < 24, minutes < 60 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return bytes[0] == 0x2B ? seconds : bytes[0] == 0x2D ? -seconds : nil
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    default: 31
    }
  }

  /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant's `days_from_civil`).
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// RFC 3339 in UTC to the second, such as `2026-08-22T10:00:00Z`.
  public var description: String {
    var days = seconds / 86_400
    var rest = seconds % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let yearText = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
    return "\(yearText)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  /// The time so much later; fractions of a second are dropped.
  public func advanced(by duration: Duration) -> Timestamp { Timestamp(seconds: seconds + duration.components.seconds) }

  /// Earlier before later.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }
}
