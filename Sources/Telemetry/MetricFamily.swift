/// Everything that is said under one name.
public struct MetricFamily: Sendable {
  /// What kind of number it is.
  public enum Kind: String, Sendable {
    /// Only grows, until the process ends.
    case counter
    /// Goes up and down.
    case gauge
    /// Observations in buckets.
    case histogram
  }

  /// One number with its labels.
  public struct Sample: Sendable {
    /// Added to the family's name; `_bucket`, `_sum` and `_count` of histograms.
    var suffix = ""
    /// Names and values, in the order in which they are written.
    let labels: [(name: String, value: String)]
    /// The number.
    let value: Double
  }

  /// The name, of letters, digits, `_` and `:`.
  public let name: String
  /// One sentence.
  public let help: String
  /// The kind.
  public let kind: Kind
  /// The numbers.
  public private(set) var samples: [Sample] = []

  /// A family without numbers.
  public init(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }

  /// A family with a single number.
  public init(_ name: String, _ kind: Kind, _ help: String, value: Double) {
    self.init(name, kind, help)
    add(value)
  }

  /// A counter with a single number.
  public init(counter name: String, _ help: String, value: UInt64) {
    self.init(name, .counter, help, value: Double(value))
  }

  /// A histogram.
  public init(_ name: String, _ help: String, histogram: Histogram) {
    self.init(name, .histogram, help)
    let snapshot = histogram.snapshot
    var total: UInt64 = 0
    for (index, count) in snapshot.counts.enumerated() {
      total += count
      let bound = index < snapshot.bounds.count ? PrometheusText.number(snapshot.bounds[index]) : "+Inf"
      samples.append(Sample(suffix: "_bucket", labels: [("le", bound)], value: Double(total)))
    }
    samples.append(Sample(suffix: "_sum", labels: [], value: snapshot.sum))
    samples.append(Sample(suffix: "_count", labels: [], value: Double(total)))
  }

  /// Adds a number.
  public mutating func add(_ value: Double, labels: [(name: String, value: String)] = []) {
    samples.append(Sample(labels: labels, value: value))
  }
}
