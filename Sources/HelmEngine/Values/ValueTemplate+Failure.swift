extension ValueTemplate {
  /// The name that the template has on Helm's side, as its errors give it.
  static let engineName = "values/templates/_text"

  /// Says in the terms of the author's text what Helm's engine said of ours.
  func failure(_ text: String) -> HelmError {
    guard let place = place(in: text) else {
      return HelmError(code: .renderFailed, message: "value template: \(Self.lastReason(in: text))")
    }
    var message = "value template, line \(place.line)"
    if let column = place.column { message += ", column \(column)" }
    let reason = inAuthorsWords(Self.lastReason(in: text))
    message += ": \(reason)"
    if let expression = Self.lastExpression(in: text).map(inAuthorsWords) {
      message += ", at \(expression)\(hint(reason: reason, expression: expression))"
    }
    return HelmError(code: .renderFailed, message: message)
  }

  /// The engine writes `NAME:LINE` or `NAME:LINE:COLUMN`: of the innermost template last, but where it parses, first of
  /// the mistake and then of what it is in.
  private func place(in text: String) -> (line: Int, column: Int?)? {
    let names = text.ranges(of: Self.engineName + ":")
    guard let name = text.hasPrefix("value template: parse error at (") ? names.first : names.last else { return nil }
    let numbers = text[name.upperBound...].prefix { $0.isNumber || $0 == ":" }.split(separator: ":").compactMap {
      Int($0)
    }
    guard let line = numbers.first else { return nil }
    guard numbers.count > 1 else { return (place(line: line, column: 0).line, nil) }
    let found = place(line: line, column: numbers[1])
    return (found.line, found.column)
  }

  /// What stands after the last location, or after the last `executing … at <…>:`.
  private static func lastReason(in text: String) -> String {
    if let executing = text.ranges(of: ">:\n").last { return trimmed(text[executing.upperBound...]) }
    if let location = text.ranges(of: "): ").first { return trimmed(text[location.upperBound...]) }
    return trimmed(text[...])
  }

  private static func lastExpression(in text: String) -> String? {
    guard let start = text.ranges(of: " at <").last, let end = text.ranges(of: ">:\n").last,
      start.upperBound <= end.lowerBound
    else { return nil }
    return String(text[start.upperBound..<end.lowerBound])
  }

  private static func trimmed(_ text: Substring) -> String {
    text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
  }

  private func inAuthorsWords(_ text: String) -> String {
    var text = text.replacing("{{", with: "${").replacing("}}", with: "}").replacing(
      "\(Self.engineName):", with: "line "
    )
    .replacing(Self.engineName, with: "values")
    if !source.contains("mustFromJson") { text = text.replacing("mustFromJson", with: "fromJson") }
    return text
  }

  /// How to say that something may be missing.
  private func hint(reason: String, expression: String) -> String {
    guard reason.hasPrefix("map has no entry for key "), let dot = expression.lastIndex(of: "."),
      dot != expression.startIndex, expression.utf8.allSatisfy({ $0 != UInt8(ascii: " ") })
    else { return "" }
    let key = expression[expression.index(after: dot)...]
    return "; where it may be missing write ${ get \(expression[..<dot]) \"\(key)\" | default \"…\" }"
  }
}
