/// Reads a regular expression in Go's syntax.
struct RegularExpressionParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var flags = Flags()

  private struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotMatchesNewline = false
  }

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  /// - Throws: ``FleetError`` with code `invalidField`.
  mutating func parse() throws(FleetError) -> RegularExpressionNode {
    let node = try choice()
    guard position == scalars.count else { throw invalid("a ) has no ( before it") }
    return node
  }

  private func invalid(_ message: String) -> FleetError {
    FleetError(.invalidField, "is not a regular expression: \(message) (at character \(position + 1))")
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    position += 1
    return true
  }

  private mutating func choice() throws(FleetError) -> RegularExpressionNode {
    // The depth is what recursion takes of the stack.
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limits.pathDepth else { throw invalid("groups are nested deeper than \(Limits.pathDepth) levels") }
    let saved = flags
    defer { flags = saved }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(FleetError) -> RegularExpressionNode {
    var nodes: [RegularExpressionNode] = []
    while let scalar = current, scalar != "|", scalar != ")" {
      guard let atom = try atom() else { continue }
      nodes.append(try repeated(atom))
    }
    return .sequence(nodes)
  }

  private mutating func repeated(_ atom: RegularExpressionNode) throws(FleetError) -> RegularExpressionNode {
    var node = atom
    var isRepeated = false
    while let (minimum, maximum) = try repetition() {
      guard !isRepeated else { throw invalid("a repetition follows another one") }
      isRepeated = true
      // Lazy or greedy, the same texts match.
      _ = take("?")
      node = .repetition(node, minimum, maximum)
    }
    return node
  }

  private mutating func repetition() throws(FleetError) -> (Int, Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard current == "{" else { return nil }
    let start = position
    position += 1
    guard let minimum = number() else {
      position = start
      return nil
    }
    var maximum: Int? = minimum
    if take(",") { maximum = number() }
    guard take("}") else {
      position = start
      return nil
    }
    guard minimum <= Limits.regexBytes, maximum.map({ $0 <= Limits.regexBytes && $0 >= minimum }) ?? true else {
      throw invalid("a repetition must be at most \(Limits.regexBytes) times, the smaller number first")
    }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let scalar = current, ("0"..."9").contains(scalar) {
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    return Int(digits) ?? (digits.isEmpty ? nil : Int.max)
  }

  /// Nil for what matches nothing itself, such as `(?i)`.
  private mutating func atom() throws(FleetError) -> RegularExpressionNode? {
    guard let scalar = current else { throw invalid("something is missing") }
    position += 1
    switch scalar {
    case "(": return try group()
    case "[": return .set(try bracket())
    case ".":
      return .set(ScalarSet(flags.dotMatchesNewline ? [ScalarSet.all] : ScalarSet.complement(of: [0x0A...0x0A])))
    case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
    case "\\": return try escape()
    case "*", "+", "?":
      position -= 1
      throw invalid("there is nothing before \(scalar) to repeat")
    default:
      // A brace that begins a repetition has something before it.
      if scalar == "{" {
        position -= 1
        if try repetition() != nil { throw invalid("there is nothing before the repetition") }
        position += 1
      }
      return .set(ScalarSet(scalar, ignoresCase: flags.ignoresCase))
    }
  }

  private mutating func group() throws(FleetError) -> RegularExpressionNode? {
    var inner = flags
    if take("?") {
      if take("P") {
        guard current == "<" else { throw invalid("a group's name must stand in <>") }
      }
      if take("<") {
        while let scalar = current, ScalarSet.word.contains(scalar) { position += 1 }
        guard take(">") else { throw invalid("a group's name must be letters, digits and _, in <>") }
      } else if try readFlags(into: &inner) {
        flags = inner
        return nil
      }
    }
    let outer = flags
    flags = inner
    let node = try choice()
    flags = outer
    guard take(")") else { throw invalid("a ( is not closed") }
    return node
  }

  /// Reads `i-s:` or `i)`; whether it ends in `)`, which sets the flags for the rest of the group around.
  private mutating func readFlags(into flags: inout Flags) throws(FleetError) -> Bool {
    var value = true
    while let scalar = current {
      position += 1
      switch scalar {
      case "i": flags.ignoresCase = value
      case "m": flags.multiline = value
      case "s": flags.dotMatchesNewline = value
      case "U": continue
      case "-" where value: value = false
      case ":": return false
      case ")": return true
      default: throw invalid("(?\(scalar) is not known; look-around is not part of this syntax")
      }
    }
    throw invalid("a ( is not closed")
  }

  private mutating func escape() throws(FleetError) -> RegularExpressionNode {
    switch current {
    case "A": return assertion(.textStart)
    case "z": return assertion(.textEnd)
    case "b": return assertion(.wordBoundary)
    case "B": return assertion(.noWordBoundary)
    case "Q":
      position += 1
      return quoted()
    default:
      if let ranges = classEscape() { return .set(ScalarSet(ranges)) }
      return .set(ScalarSet(try characterEscape(), ignoresCase: flags.ignoresCase))
    }
  }

  private mutating func assertion(_ assertion: Assertion) -> RegularExpressionNode {
    position += 1
    return .assertion(assertion)
  }

  /// `\Q…\E`, in which nothing is special.
  private mutating func quoted() -> RegularExpressionNode {
    var nodes: [RegularExpressionNode] = []
    while let scalar = current {
      position += 1
      if scalar == "\\", take("E") { break }
      nodes.append(.set(ScalarSet(scalar, ignoresCase: flags.ignoresCase)))
    }
    return .sequence(nodes)
  }

  private mutating func classEscape() -> [ClosedRange<UInt32>]? {
    let ranges: [ClosedRange<UInt32>]
    switch current {
    case "d": ranges = ScalarSet.digit.ranges
    case "D": ranges = ScalarSet.complement(of: ScalarSet.digit.ranges)
    case "w": ranges = ScalarSet.word.ranges
    case "W": ranges = ScalarSet.complement(of: ScalarSet.word.ranges)
    case "s": ranges = ScalarSet.space.ranges
    case "S": ranges = ScalarSet.complement(of: ScalarSet.space.ranges)
    default: return nil
    }
    position += 1
    return ranges
  }

  private mutating func characterEscape() throws(FleetError) -> Unicode.Scalar {
    guard let scalar = current else { throw invalid("a \\ ends it") }
    position += 1
    switch scalar {
    case "a": return "\u{07}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "x": return try hexadecimal()
    default:
      guard scalar.isASCII, !ScalarSet.word.contains(scalar) || scalar == "_" else {
        throw invalid("\\\(scalar) is not known")
      }
      return scalar
    }
  }

  private mutating func hexadecimal() throws(FleetError) -> Unicode.Scalar {
    let isBraced = take("{")
    var digits = ""
    while let scalar = current, scalar.properties.isASCIIHexDigit, digits.count < (isBraced ? 6 : 2) {
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    guard isBraced ? take("}") && !digits.isEmpty : digits.count == 2,
      let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
    else { throw invalid("\\x needs two hexadecimal digits, or several in {}") }
    return scalar
  }

  private mutating func bracket() throws(FleetError) -> ScalarSet {
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || current != "]" {
      isFirst = false
      guard current != nil else { throw invalid("a [ is not closed") }
      if let named = try posixClass() {
        ranges += named
        continue
      }
      guard let low = try member(into: &ranges) else { continue }
      guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
        ranges.append(low.value...low.value)
        continue
      }
      position += 1
      guard let high = try member(into: &ranges), high.value >= low.value else {
        throw invalid("a range in [] runs backwards")
      }
      ranges.append(low.value...high.value)
    }
    position += 1
    return ScalarSet(ranges, isNegated: isNegated, ignoresCase: flags.ignoresCase)
  }

  /// A character of a bracket; nil for a class such as `\d`, which is added.
  private mutating func member(into ranges: inout [ClosedRange<UInt32>]) throws(FleetError) -> Unicode.Scalar? {
    guard take("\\") else {
      guard let scalar = current else { throw invalid("a [ is not closed") }
      position += 1
      return scalar
    }
    if let found = classEscape() {
      ranges += found
      return nil
    }
    return try characterEscape()
  }

  private mutating func posixClass() throws(FleetError) -> [ClosedRange<UInt32>]? {
    guard current == "[", position + 1 < scalars.count, scalars[position + 1] == ":" else { return nil }
    var end = position + 2
    var name = ""
    while end < scalars.count, scalars[end] != ":", scalars[end] != "]" {
      name.unicodeScalars.append(scalars[end])
      end += 1
    }
    guard end + 1 < scalars.count, scalars[end] == ":", scalars[end + 1] == "]" else { return nil }
    let isNegated = name.hasPrefix("^")
    guard let ranges = ScalarSet.named[isNegated ? String(name.dropFirst()) : name] else {
      throw invalid("[:\(name):] is not known")
    }
    position = end + 2
    return isNegated ? ScalarSet.complement(of: ranges) : ranges
  }
}
