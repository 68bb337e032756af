/// Durations as fields of `fleet.cattle.io` write them: `0`, or numbers with units such as `1h30m` (fleet-behaviour §1.1).
public enum GoDuration {
  /// The most that a duration field can hold.
  public static let maximumHours = 2_562_047

  /// What the API server says about a duration that it does not take.
  public static let rule =
    "must be 0 or numbers with the units ns, us, ms, s, m or h, such as 15s, 1h30m or 240h, and at most 2562047h;"
    + " days and weeks have no unit, write 24h for a day"

  private static let units: [(suffix: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1000), ("\u{B5}s", 1000), ("\u{3BC}s", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// Reads a duration of 1 to 32 characters; negative ones are not durations.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that says which units there are.
  public static func parse(_ text: String) throws(FleetError) -> Duration {
    if text == "0" { return .zero }
    let problem = FleetError(.invalidField, "\"\(text.prefix(40))\" is not a duration: it \(rule)")
    guard (1...32).contains(text.unicodeScalars.count) else { throw problem }
    var rest = text[...]
    var total: Int64 = 0
    while !rest.isEmpty {
      guard let part = readPart(&rest) else { throw problem }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { throw problem }
      total = sum
    }
    guard total <= Int64(maximumHours) * 3_600_000_000_000 else { throw problem }
    return .nanoseconds(total)
  }

  private static func readPart(_ rest: inout Substring) -> Int64? {
    func digits(_ rest: inout Substring) -> [Int64] {
      let text = rest.prefix { $0.isASCII && $0.isWholeNumber }
      rest = rest.dropFirst(text.count)
      return text.compactMap { $0.wholeNumberValue.map(Int64.init) }
    }
    let whole = digits(&rest)
    var fraction: [Int64] = []
    if rest.first == "." {
      rest.removeFirst()
      fraction = digits(&rest)
    }
    guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
    // The longest unit first, so that `ms` is not read as `m`.
    let matching = units.filter { rest.hasPrefix($0.suffix) }
    guard let unit = matching.max(by: { $0.suffix.count < $1.suffix.count }) else { return nil }
    rest = rest.dropFirst(unit.suffix.count)
    var value: Int64 = 0
    for digit in whole {
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      guard !overflowed, scaled <= Int64.max - digit else { return nil }
      value = scaled + digit
    }
    let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflow else { return nil }
    var part: Int64 = 0
    var scale = unit.nanoseconds
    for digit in fraction {
      scale /= 10
      part += digit * scale
    }
    let (sum, tooLong) = nanoseconds.addingReportingOverflow(part)
    return tooLong ? nil : sum
  }

  /// A duration as Go prints it: `15s`, `1h30m0s`, `1.5ms`, `0s`.
  public static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = attoseconds / 1_000_000_000
    guard seconds != 0 else { return formatBelowSecond(nanoseconds) }
    var text = ""
    if seconds >= 3600 { text += "\(seconds / 3600)h" }
    if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
    return text + decimal(seconds % 60, nanoseconds, digits: 9) + "s"
  }

  private static func formatBelowSecond(_ nanoseconds: Int64) -> String {
    switch nanoseconds {
    case 0: "0s"
    case ..<1000: "\(nanoseconds)ns"
    case ..<1_000_000: decimal(nanoseconds / 1000, nanoseconds % 1000, digits: 3) + "\u{B5}s"
    default: decimal(nanoseconds / 1_000_000, nanoseconds % 1_000_000, digits: 6) + "ms"
    }
  }

  private static func decimal(_ whole: Int64, _ fraction: Int64, digits: Int) -> String {
    guard fraction > 0 else { return "\(whole)" }
    var text = "\(fraction)"
    text = String(repeating: "0", count: digits - text.count) + text
    while text.last == "0" { text.removeLast() }
    return "\(whole).\(text)"
  }
}
