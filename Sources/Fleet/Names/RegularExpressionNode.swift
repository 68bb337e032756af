/// A regular expression, taken apart.
indirect enum RegularExpressionNode: Sendable {
  case set(ScalarSet)
  case assertion(Assertion)
  case sequence([RegularExpressionNode])
  case choice([RegularExpressionNode])
  /// At least and at most so many times; nil for any number.
  case repetition(RegularExpressionNode, Int, Int?)
}

/// What must hold between two characters.
enum Assertion: Sendable {
  case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

  func holds(before: Unicode.Scalar?, after: Unicode.Scalar?) -> Bool {
    func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ScalarSet.word.contains($0) } ?? false }
    return switch self {
    case .textStart: before == nil
    case .textEnd: after == nil
    case .lineStart: before == nil || before == "\n"
    case .lineEnd: after == nil || after == "\n"
    case .wordBoundary: isWord(before) != isWord(after)
    case .noWordBoundary: isWord(before) == isWord(after)
    }
  }
}

/// A set of characters.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false
  var ignoresCase = false

  init(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false, ignoresCase: Bool = false) {
    self.ranges = ranges
    self.isNegated = isNegated
    self.ignoresCase = ignoresCase
  }

  init(_ scalar: Unicode.Scalar, ignoresCase: Bool) {
    self.init([scalar.value...scalar.value], ignoresCase: ignoresCase)
  }

  static let all: ClosedRange<UInt32> = 0...0x10FFFF
  static let digit = ScalarSet([0x30...0x39])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

  /// POSIX classes, as in `[[:alpha:]]`.
  static let named: [String: [ClosedRange<UInt32>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F],
    "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "digit": [0x30...0x39],
    "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
    "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20],
    "upper": [0x41...0x5A], "word": word.ranges, "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]

  /// The ranges that are not in these.
  static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= all.upperBound { result.append(next...all.upperBound) }
    return result
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    var found = includes(scalar.value)
    if !found, ignoresCase {
      let mappings = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping]
      found = mappings.contains { mapping in
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 && scalars.first.map { includes($0.value) } == true
      }
    }
    return found != isNegated
  }

  private func includes(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
}
