/// Shell patterns for one path element: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a character to take literally.
/// Nothing matches a slash. A name that begins with a dot is not special.
public struct Glob: Sendable, Hashable {
  private enum Token: Sendable, Hashable {
    case literal(UInt32)
    case any
    case many
    case set(ranges: [ClosedRange<UInt32>], negated: Bool)
  }

  /// The pattern as written.
  public let pattern: String
  /// Whether the pattern matches its own text only.
  public let isLiteral: Bool
  private let tokens: [Token]

  /// Reads a pattern; nil when a bracket is not closed, a range runs backwards or a backslash ends it.
  public init?(_ pattern: String) {
    var scalars = Array(pattern.unicodeScalars.map(\.value))[...]
    var tokens: [Token] = []
    var literal = true
    while let scalar = scalars.popFirst() {
      switch scalar {
      case 0x2A:
        if tokens.last != .many { tokens.append(.many) }
        literal = false
      case 0x3F:
        tokens.append(.any)
        literal = false
      case 0x5B:
        guard let set = Glob.readSet(&scalars) else { return nil }
        tokens.append(set)
        literal = false
      case 0x5C:
        guard let escaped = scalars.popFirst() else { return nil }
        tokens.append(.literal(escaped))
        literal = false
      default: tokens.append(.literal(scalar))
      }
    }
    self.pattern = pattern
    self.tokens = tokens
    isLiteral = literal
  }

  private static func readSet(_ scalars: inout ArraySlice<UInt32>) -> Token? {
    var ranges: [ClosedRange<UInt32>] = []
    var negated = false
    if scalars.first == 0x5E {
      negated = true
      scalars.removeFirst()
    }
    while true {
      if scalars.first == 0x5D, !ranges.isEmpty {
        scalars.removeFirst()
        return .set(ranges: ranges, negated: negated)
      }
      guard let low = readSetMember(&scalars) else { return nil }
      var high = low
      if scalars.first == 0x2D {
        scalars.removeFirst()
        guard let end = readSetMember(&scalars), end >= low else { return nil }
        high = end
      }
      ranges.append(low...high)
    }
  }

  private static func readSetMember(_ scalars: inout ArraySlice<UInt32>) -> UInt32? {
    guard let scalar = scalars.popFirst(), scalar != 0x2D, scalar != 0x5D else { return nil }
    return scalar == 0x5C ? scalars.popFirst() : scalar
  }

  /// Whether the pattern matches all of `name`. Takes time in proportion to pattern times name at most.
  public func matches(_ name: String) -> Bool {
    isLiteral ? pattern == name : matches(Array(name.unicodeScalars.map(\.value)))
  }

  /// The same for a name taken apart, for many patterns and one name.
  func matches(_ text: [UInt32]) -> Bool {
    var token = 0
    var position = 0
    var resume: (token: Int, position: Int)?
    while position < text.count {
      if token < tokens.count, tokens[token] == .many {
        resume = (token + 1, position)
        token += 1
      } else if token < tokens.count, Glob.matches(tokens[token], text[position]) {
        token += 1
        position += 1
      } else if let last = resume, text[last.position] != 0x2F {
        resume = (last.token, last.position + 1)
        token = last.token
        position = last.position + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { $0 == .many }
  }

  private static func matches(_ token: Token, _ scalar: UInt32) -> Bool {
    switch token {
    case .literal(let expected): expected == scalar
    case .any: scalar != 0x2F
    case .many: false
    case .set(let ranges, let negated): scalar != 0x2F && ranges.contains { $0.contains(scalar) } != negated
    }
  }
}
