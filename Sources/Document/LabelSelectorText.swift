extension LabelSelector {
  /// Reads kubectl's `-l` syntax: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x,y)`, `a`, `!a`, `a>1`, `a<1`, joined by commas;
  /// an empty text matches everything.
  ///
  /// - Throws: `.invalid` with what was expected and the column in the text.
  public init(parsing text: String) throws(DocumentError) {
    var parser = SelectorParser(text)
    let requirements = try parser.requirements()
    try self.init(matchLabels: [:], matchExpressions: requirements)
  }
}

/// A recursive-descent parser over the tokens of a selector's text.
private struct SelectorParser {
  private let text: [UInt8]
  private var position = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  mutating func requirements() throws(DocumentError) -> [LabelSelector.Requirement] {
    var requirements = [LabelSelector.Requirement]()
    skipSpace()
    guard position < text.count else { return [] }
    while true {
      requirements.append(try requirement())
      skipSpace()
      guard position < text.count else { return requirements }
      guard take(",") else { throw problem("expected \",\" or the end") }
    }
  }

  private mutating func requirement() throws(DocumentError) -> LabelSelector.Requirement {
    skipSpace()
    if take("!") { return try .init(key: try word("a label's key after \"!\""), operator: .doesNotExist) }
    let key = try word("a label's key")
    skipSpace()
    if take("==") || take("=") { return try .init(key: key, operator: .in, values: [value()]) }
    if take("!=") { return try .init(key: key, operator: .notIn, values: [value()]) }
    if take(">") { return try .init(key: key, operator: .greaterThan, values: [value()]) }
    if take("<") { return try .init(key: key, operator: .lessThan, values: [value()]) }
    guard position < text.count, text[position] != UInt8(ascii: ",") else {
      return try .init(key: key, operator: .exists)
    }
    let start = position
    switch try word("an operator") {
    case "in": return try .init(key: key, operator: .in, values: try list())
    case "notin": return try .init(key: key, operator: .notIn, values: try list())
    default:
      position = start
      throw problem("expected =, ==, !=, >, <, in, notin or a comma after \"\(key)\"")
    }
  }

  /// A comma-separated list in parentheses; an element may be empty, as in `(a,)`.
  private mutating func list() throws(DocumentError) -> [String] {
    skipSpace()
    guard take("(") else { throw problem("expected \"(\"") }
    var values = [String]()
    while true {
      values.append(value())
      skipSpace()
      if take(")") { return values }
      guard take(",") else { throw problem("expected \",\" or \")\"") }
    }
  }

  private mutating func word(_ what: String) throws(DocumentError) -> String {
    let word = value()
    if word.isEmpty { throw problem("expected \(what)") }
    return word
  }

  private mutating func value() -> String {
    skipSpace()
    let start = position
    while position < text.count, !Self.special.contains(text[position]) { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private static let special = Set("=!(),>< \t\r\n".utf8)

  private mutating func skipSpace() {
    while position < text.count, " \t\r\n".utf8.contains(text[position]) { position += 1 }
  }

  private mutating func take(_ token: String) -> Bool {
    guard text[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  private func problem(_ message: String) -> DocumentError {
    let shown = String(decoding: text.prefix(200), as: UTF8.self)
    return DocumentError(.invalid, "label selector \"\(shown)\": \(message) at column \(position + 1)")
  }
}

/// What Kubernetes lets be a label's key and value.
enum LabelSyntax {
  /// `[prefix/]name`: the prefix a DNS subdomain of up to 253 characters, the name up to 63 of letters, digits, `-_.`.
  static func check(key: String) throws(DocumentError) {
    let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.last ?? ""
    let prefixIsValid = parts.count == 1 || isSubdomain(parts[0])
    guard prefixIsValid, !name.isEmpty, isName(name) else {
      throw DocumentError(
        .invalid,
        """
        label selector: "\(key.prefix(300))" is no label key; it must be [DNS subdomain/]name, with a name of at most 63 \
        letters, digits, '-', '_' or '.' that begins and ends with a letter or digit
        """)
    }
  }

  static func check(value: String, of key: String) throws(DocumentError) {
    guard value.isEmpty || isName(value[...]) else {
      throw DocumentError(
        .invalid,
        """
        label selector: "\(value.prefix(300))" is no value for label \(key); it must be empty or at most 63 letters, digits, \
        '-', '_' or '.' that begin and end with a letter or digit
        """)
    }
  }

  private static func isName(_ name: Substring) -> Bool {
    let bytes = name.utf8
    guard bytes.count <= 63, let first = bytes.first, let last = bytes.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isSubdomain(_ name: Substring) -> Bool {
    let bytes = name.utf8
    guard (1...253).contains(bytes.count) else { return false }
    return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.first, let last = label.last, first != UInt8(ascii: "-"), last != UInt8(ascii: "-") else {
        return false
      }
      return label.allSatisfy { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
