/// The text format 0.0.4 of Prometheus.
public enum PrometheusText {
  /// What the answer to a scrape is declared as.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The text of families, in their order. Families without numbers are left out.
  public static func encode(_ families: [MetricFamily]) -> [UInt8] {
    var text: [UInt8] = []
    for family in families where !family.samples.isEmpty {
      text += Array("# HELP \(family.name) \(escaped(family.help, quotes: false))\n".utf8)
      text += Array("# TYPE \(family.name) \(family.kind.rawValue)\n".utf8)
      for sample in family.samples {
        text += Array((family.name + sample.suffix).utf8)
        for (index, label) in sample.labels.enumerated() {
          text += Array("\(index == 0 ? "{" : ",")\(label.name)=\"\(escaped(label.value, quotes: true))\"".utf8)
        }
        text += Array("\(sample.labels.isEmpty ? "" : "}") \(number(sample.value))\n".utf8)
      }
    }
    return text
  }

  /// A number as Go reads it: whole ones without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
    return "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
