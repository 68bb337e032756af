import Document

/// How long things took, in buckets of 3%: small however many they were, and sums of several are exact.
public struct LatencyHistogram: Sendable, Hashable {
  private static let perOctave = 32

  /// Bucket to number of times.
  private var buckets: [Int: Int] = [:]

  /// Nothing yet.
  public init() {}

  /// How many times were noted.
  public var count: Int { buckets.values.reduce(0, +) }

  /// Notes a time; what is shorter than a microsecond counts as one.
  public mutating func note(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let microseconds = max(1, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    buckets[Self.bucket(of: UInt64(microseconds)), default: 0] += 1
  }

  /// Adds what another one noted.
  public mutating func add(_ other: LatencyHistogram) { buckets.merge(other.buckets, uniquingKeysWith: +) }

  /// The time that this share (0 to 1) of those noted did not exceed, to 3%; nil where none was noted.
  public func percentile(_ share: Double) -> Duration? {
    let wanted = Int((Double(count) * min(max(share, 0), 1)).rounded(.up))
    var seen = 0
    for (bucket, number) in buckets.sorted(by: { $0.key < $1.key }) {
      seen += number
      if seen >= max(1, wanted) { return .microseconds(Self.upperEnd(of: bucket)) }
    }
    return nil
  }

  /// Linear within an octave, which needs no logarithms.
  private static func bucket(of microseconds: UInt64) -> Int {
    let octave = 63 - microseconds.leadingZeroBitCount
    let within = ((microseconds - (1 << UInt64(octave))) * UInt64(perOctave)) >> UInt64(octave)
    return octave * perOctave + Int(within)
  }

  private static func upperEnd(of bucket: Int) -> Int64 {
    let low = Int64(1) << Int64(bucket / perOctave)
    return low + low * Int64(bucket % perOctave + 1) / Int64(perOctave)
  }

  init(_ value: Value?) {
    for (key, number) in value?.object ?? [:] {
      if let bucket = Int(key), (0..<63 * Self.perOctave).contains(bucket), let number = number.int {
        buckets[bucket] = number
      }
    }
  }

  var value: Value {
    .object(Dictionary(uniqueKeysWithValues: buckets.map { (String($0.key), .integer(Int64($0.value))) }))
  }
}
