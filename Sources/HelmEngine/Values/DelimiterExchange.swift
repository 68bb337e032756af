/// Rewrites a template from the delimiters `${` and `}` to `{{` and `}}`.
///
/// An action ends where Go's lexer (text/template/parse) with the delimiter `}` would end it: at the first `}` outside quoted
/// strings, raw strings, character constants and comments. Braces do not nest. Where Go's lexer would fail, the rest is
/// copied as it is: Go's engine then fails at the same place, for the same reason.
struct DelimiterExchange {
  private let input: [UInt8]
  private var position = 0

  /// The rewritten template.
  private(set) var output: [UInt8] = []
  /// Where the output comes from.
  private(set) var places: [ValueTemplate.Place] = []
  /// The first refused function that an action calls.
  private(set) var refused: (name: String, offset: Int)?

  init(_ input: [UInt8]) {
    self.input = input
    output.reserveCapacity(input.count + input.count / 8)
  }

  mutating func run() {
    while let start = nextAction() {
      text(upTo: start, beforeAction: true)
      guard action() else { return copy(upTo: input.count) }
    }
    text(upTo: input.count, beforeAction: false)
  }

  private func nextAction() -> Int? {
    var index = position
    while index + 1 < input.count {
      if input[index] == UInt8(ascii: "$"), input[index + 1] == UInt8(ascii: "{") { return index }
      index += 1
    }
    return nil
  }

  /// Copies text, and quotes braces that would open an action in the new delimiters, also together with the next `{{`.
  private mutating func text(upTo end: Int, beforeAction: Bool) {
    while position < end {
      guard let brace = input[position..<end].firstIndex(of: UInt8(ascii: "{")) else { return copy(upTo: end) }
      copy(upTo: brace)
      let next = input[brace..<end].firstIndex { $0 != UInt8(ascii: "{") } ?? end
      if next - brace == 1, !(beforeAction && next == end) {
        copy(upTo: next)
      } else {
        mark()
        output += "{{\"".utf8
        output += input[brace..<next]
        output += "\"}}".utf8
        position = next
      }
    }
  }

  /// Rewrites one action; false where it does not end as Go's lexer wants.
  private mutating func action() -> Bool {
    replace(2, by: "{{")
    if byte(0) == UInt8(ascii: "-"), isSpace(byte(1)) { copy(upTo: position + 2) }
    if byte(0) == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
      return comment() && closing()
    }
    while position < input.count {
      if closing() { return true }
      guard token() else { return false }
    }
    return false
  }

  /// Rewrites the right delimiter, with its trim marker, if it is here.
  private mutating func closing() -> Bool {
    if isSpace(byte(0)), byte(1) == UInt8(ascii: "-"), byte(2) == UInt8(ascii: "}") { copy(upTo: position + 2) }
    guard byte(0) == UInt8(ascii: "}") else { return false }
    replace(1, by: "}}")
    return true
  }

  private mutating func comment() -> Bool {
    var end = position + 2
    while end + 1 < input.count {
      if input[end] == UInt8(ascii: "*"), input[end + 1] == UInt8(ascii: "/") {
        copy(upTo: end + 2)
        return true
      }
      end += 1
    }
    return false
  }

  private mutating func token() -> Bool {
    switch input[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted(by: input[position])
    case UInt8(ascii: "`"):
      guard let end = input[(position + 1)...].firstIndex(of: UInt8(ascii: "`")) else { return false }
      copy(upTo: end + 1)
    case UInt8(ascii: "."), UInt8(ascii: "$"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      // A field, a variable or a number: no function, whatever its name.
      copy(upTo: endOfWord(from: position + 1))
    case let byte where isWord(byte): word()
    default: copy(upTo: position + 1)
    }
    return true
  }

  /// A quoted string or a character constant, which ends on its line.
  private mutating func quoted(by quote: UInt8) -> Bool {
    var end = position + 1
    while end < input.count, input[end] != UInt8(ascii: "\n") {
      switch input[end] {
      case quote:
        copy(upTo: end + 1)
        return true
      case UInt8(ascii: "\\"): end += 2
      default: end += 1
      }
    }
    return false
  }

  /// A keyword or a function's name.
  private mutating func word() {
    let end = endOfWord(from: position)
    let name = String(decoding: input[position..<end], as: UTF8.self)
    if refused == nil, ValueTemplate.refusedFunctions.contains(name) { refused = (name, position) }
    // Helm's own fromJson takes nothing but objects; this is sprig's, which Fleet has, but it tells of an error.
    if name == "fromJson" { replace(end - position, by: "mustFromJson") } else { copy(upTo: end) }
  }

  private func endOfWord(from start: Int) -> Int {
    input[start...].firstIndex { !isWord($0) } ?? input.count
  }

  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
    default: false
    }
  }

  private func isSpace(_ byte: UInt8?) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  private func byte(_ ahead: Int) -> UInt8? {
    position + ahead < input.count ? input[position + ahead] : nil
  }

  private mutating func copy(upTo end: Int) {
    guard position < end else { return }
    // A place is needed only where what comes is not simply further on in the same text.
    if places.last.map({ output.count - $0.exchanged != position - $0.source }) ?? true { mark() }
    output += input[position..<end]
    position = end
  }

  private mutating func replace(_ count: Int, by text: String) {
    mark()
    output += text.utf8
    position += count
  }

  private mutating func mark() {
    places.append(ValueTemplate.Place(exchanged: output.count, source: position))
  }
}
