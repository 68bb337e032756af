import Document

/// The subset of Kubernetes' JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`,
/// `[?(@.type=="Ready")]`, with `\.` for a dot inside a name and optional `{}` and `$` around.
struct JSONPath: Sendable {
  private enum Step: Sendable {
    case field(String)
    case index(Int)
    case every
    case filter([String], equal: Bool, Value)
    case present([String])
  }

  private let steps: [Step]

  /// Parses a path; `badRequest` names the part that is not understood.
  init(_ text: String) throws(KubeError) {
    var parser = Parser(text)
    self.steps = try parser.parse()
  }

  /// Every value the path leads to, in document order.
  func values(in root: Value) -> [Value] {
    var current = [root]
    for step in steps {
      var next: [Value] = []
      for value in current { Self.follow(step, value, &next) }
      if next.isEmpty { return [] }
      current = next
    }
    return current
  }

  private static func follow(_ step: Step, _ value: Value, _ out: inout [Value]) {
    switch step {
    case .field(let name):
      if let found = value[name] { out.append(found) }
    case .index(let index):
      if let elements = value.array {
        let position = index < 0 ? elements.count + index : index
        if elements.indices.contains(position) { out.append(elements[position]) }
      }
    case .every:
      if let elements = value.array { out += elements }
      if let fields = value.object { out += fields.sorted { $0.key < $1.key }.map(\.value) }
    case .filter(let path, let equal, let expected):
      for element in value.array ?? [] {
        if let found = element.at(path), (found == expected) == equal { out.append(element) }
      }
    case .present(let path):
      for element in value.array ?? [] where element.at(path) != nil { out.append(element) }
    }
  }

  private struct Parser {
    private let text: String
    private let characters: [Character]
    private var index = 0

    init(_ text: String) {
      self.text = text
      var characters = Array(text)
      if characters.first == "{", characters.last == "}" { characters = Array(characters.dropFirst().dropLast()) }
      if characters.first == "$" { characters.removeFirst() }
      self.characters = characters
    }

    private func problem(_ what: String) -> KubeError {
      KubeError.badRequest("JSONPath \"\(text)\": \(what)")
    }

    mutating func parse() throws(KubeError) -> [Step] {
      var steps: [Step] = []
      while index < characters.count {
        switch characters[index] {
        case ".":
          index += 1
          if index < characters.count, characters[index] == "[" { continue }
          let name = readName()
          if name == "*" { steps.append(.every) } else if !name.isEmpty { steps.append(.field(name)) }
        case "[": steps.append(try readBracket())
        default:
          guard index == 0 else { throw problem("unexpected '\(characters[index])'") }
          steps.append(.field(readName()))
        }
      }
      return steps
    }

    private mutating func readName() -> String {
      var name = ""
      while index < characters.count {
        let character = characters[index]
        if character == "\\", index + 1 < characters.count {
          name.append(characters[index + 1])
          index += 2
          continue
        }
        if character == "." || character == "[" { break }
        name.append(character)
        index += 1
      }
      return name
    }

    private mutating func readBracket() throws(KubeError) -> Step {
      var content = ""
      var quote: Character?
      index += 1
      while index < characters.count {
        let character = characters[index]
        if let open = quote {
          if character == open { quote = nil }
        } else if character == "\"" || character == "'" {
          quote = character
        } else if character == "]" {
          break
        }
        content.append(character)
        index += 1
      }
      guard index < characters.count else { throw problem("'[' is never closed") }
      index += 1
      if content == "*" { return .every }
      if let number = Int(content) { return .index(number) }
      if let name = Self.unquoted(content) { return .field(name) }
      guard content.hasPrefix("?("), content.hasSuffix(")") else { throw problem("[\(content)] is not understood") }
      return try filter(String(content.dropFirst(2).dropLast()))
    }

    private func filter(_ expression: String) throws(KubeError) -> Step {
      for (mark, equal) in [("==", true), ("!=", false)] {
        guard let range = expression.firstRange(of: mark) else { continue }
        let right = trimmed(expression[range.upperBound...])
        return .filter(
          try path(trimmed(expression[..<range.lowerBound])), equal: equal, try literal(right))
      }
      return .present(try path(trimmed(expression[...])))
    }

    private func path(_ text: String) throws(KubeError) -> [String] {
      guard text.hasPrefix("@.") else { throw problem("a filter has to begin with @.") }
      return text.dropFirst(2).split(separator: ".").map(String.init)
    }

    private func literal(_ text: String) throws(KubeError) -> Value {
      if let string = Self.unquoted(text) { return .string(string) }
      if let number = Int64(text) { return .integer(number) }
      if let number = Double(text) { return .number(number) }
      if let truth = Bool(text) { return .bool(truth) }
      throw problem("'\(text)' is no literal; quote text")
    }

    private func trimmed(_ text: Substring) -> String {
      String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func unquoted(_ text: String) -> String? {
      guard text.count >= 2, let first = text.first, first == text.last, first == "'" || first == "\"" else {
        return nil
      }
      return String(text.dropFirst().dropLast())
    }
  }
}
