import Foundation

/// One answer of `/metrics`, read strictly: what the text format 0.0.4 does not allow throws.
struct MetricsScrape {
  private var values: [String: Double] = [:]

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw NotYet(description: "the last line does not end") }
    var family = (name: "", kind: "")
    var seen: Set<String> = []
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("# HELP ") {
        family = (String(line.dropFirst(7).prefix { $0 != " " }), "")
        guard seen.insert(family.name).inserted else { throw NotYet(description: "\(family.name) comes twice") }
      } else if let type = line.wholeMatch(of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/) {
        guard String(type.1) == family.name else { throw NotYet(description: "a TYPE without its HELP: \(line)") }
        family.kind = String(type.2)
      } else {
        try read(line, family)
      }
    }
    try checkHistograms(seen)
  }

  private mutating func read(_ line: String, _ family: (name: String, kind: String)) throws {
    let sample = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? ([^ ]+)/
    guard let found = line.wholeMatch(of: sample), let value = Double(found.3 == "+Inf" ? "inf" : String(found.3)),
      !family.kind.isEmpty
    else { throw NotYet(description: "not a sample: \(line)") }
    let suffixes = family.kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
    guard suffixes.contains(where: { family.name + $0 == found.1 }) else {
      throw NotYet(description: "\(found.1) is not of \(family.name)")
    }
    if family.kind == "counter", value < 0 { throw NotYet(description: "a counter below zero: \(line)") }
    let series = String(found.1) + (found.2.map(String.init) ?? "")
    guard values.updateValue(value, forKey: series) == nil else {
      throw NotYet(description: "\(series) comes twice")
    }
  }

  private func checkHistograms(_ names: Set<String>) throws {
    for name in names {
      guard let count = values[name + "_count"] else { continue }
      let buckets = values.filter { $0.key.hasPrefix(name + "_bucket{le=") }
      guard values[name + "_bucket{le=\"+Inf\"}"] == count, buckets.values.max() == count else {
        throw NotYet(description: "the buckets of \(name) do not add up")
      }
    }
  }

  /// The number of a series, such as `flotilla_nacks_total{code="INVALID_ARGUMENT"}`; throws where there is none.
  func callAsFunction(_ series: String) throws -> Double {
    guard let value = values[series] else { throw NotYet(description: "no series \(series)") }
    return value
  }

  /// The series of a name, whatever their labels.
  func series(of name: String) -> [String: Double] { values.filter { $0.key.hasPrefix(name + "{") } }
}
