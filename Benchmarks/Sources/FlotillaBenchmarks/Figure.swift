/// One line of `make bench`. What does not apply is left out of it.
struct Figure: CustomStringConvertible {
  var name: String
  var value: Double
  var unit: String
  /// The same measured on something else, in the same run.
  var reference: Double?
  /// How many times better than the reference; above 1 is better, whatever the unit.
  var ratio: Double?

  var description: String {
    var fields = ["bench \(name)", "value=\(Self.text(value))", "unit=\(unit)"]
    if let reference { fields.append("reference=\(Self.text(reference))") }
    if let ratio { fields.append("ratio=\(Self.text(ratio))") }
    return fields.joined(separator: " ")
  }

  /// Three significant digits or all of those before the point, never an exponent.
  private static func text(_ number: Double) -> String {
    if number >= 100 { return "\(Int(number.rounded()))" }
    let scale: Double = number >= 10 ? 10 : number >= 1 ? 100 : 1000
    return "\((number * scale).rounded() / scale)"
  }
}

/// A benchmark that did not do the work it was to measure.
struct Mistake: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
