/// How many clusters a number, text or percentage means (fleet-behaviour §4.1).
public enum RolloutLimit {
  /// The limit for `count` clusters out of the first value that is given; 100 % when none is.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` for a text that is neither an integer nor a percentage.
  public static func resolve(_ count: Int, _ values: IntOrString?...) throws(FleetError) -> Int {
    guard count > 0 else { return 1 }
    switch values.compactMap({ $0 }).first ?? .string("100%") {
    case .int(let number): return min(max(number, 0), count)
    case .string(let text):
      if text.hasSuffix("%"), let percent = Int(text.dropLast()) {
        guard percent > 0 else { return 1 }
        guard percent < 100 else { return count }
        return min(max(count * percent / 100, 1), count)
      }
      if let number = Int(text), number > 0 { return number }
      throw FleetError(.invalidField, "\"\(text)\" must be a positive integer or a percentage such as 25%")
    }
  }
}
