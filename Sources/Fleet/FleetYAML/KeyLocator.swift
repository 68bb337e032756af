/// Finds the line of a key in a YAML text by its indentation. It understands block style, which is how fleet.yaml is
/// written; where the text is in flow style, the nearest key above is found.
struct KeyLocator {
  private struct Line {
    let number: Int
    /// Columns before the key; list dashes count, as YAML counts them.
    let indent: Int
    /// Columns of each dash before the key.
    let dashes: [Int]
    let key: String?
  }

  private let lines: [Line]

  init(_ text: String) {
    var lines: [Line] = []
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard let line = KeyLocator.read(raw, number: index + 1) else { continue }
      lines.append(line)
    }
    self.lines = lines
  }

  private static func read(_ raw: Substring, number: Int) -> Line? {
    var rest = raw
    var column = 0
    var dashes: [Int] = []
    while let first = rest.first {
      if first == " " {
        rest.removeFirst()
        column += 1
      } else if first == "-", rest.dropFirst().first.map({ $0 == " " }) ?? true {
        dashes.append(column)
        rest.removeFirst()
        column += 1
      } else {
        break
      }
    }
    guard let first = rest.first else {
      return dashes.isEmpty ? nil : Line(number: number, indent: column, dashes: dashes, key: nil)
    }
    guard first != "#", first != "%" else { return nil }
    var key: String?
    if first == "\"" || first == "'" {
      let body = rest.dropFirst()
      if let end = body.firstIndex(of: first) { key = String(body[..<end]) }
    } else if let colon = rest.firstIndex(of: ":") {
      key = String(rest[..<colon])
    }
    return Line(number: number, indent: column, dashes: dashes, key: key)
  }

  /// The line, from 1, of a path such as `targets[2].helm.values`; of the nearest key above it that is found.
  func line(of path: String) -> Int? {
    var range = lines.indices
    var best: Int?
    var beginsWithOwnKey = false
    for part in KeyLocator.parts(path) {
      guard let found = find(part, in: beginsWithOwnKey ? range.dropFirst() : range) else { return best }
      best = lines[found.lowerBound].number
      range = found
      if case .key = part { beginsWithOwnKey = true } else { beginsWithOwnKey = false }
    }
    return best
  }

  private enum Part {
    case key(String)
    case index(Int)
  }

  private static func parts(_ path: String) -> [Part] {
    path.split(separator: ".").flatMap { piece -> [Part] in
      let pieces = piece.split(separator: "[")
      guard let key = pieces.first else { return [] }
      return [.key(String(key))] + pieces.dropFirst().compactMap { Int($0.dropLast()).map(Part.index) }
    }
  }

  /// The lines that belong to a key or list element among `range`.
  private func find(_ part: Part, in range: Range<Int>) -> Range<Int>? {
    switch part {
    case .key(let key):
      guard let indent = range.compactMap({ lines[$0].key == nil ? nil : lines[$0].indent }).min(),
        let start = range.first(where: { lines[$0].indent == indent && lines[$0].key == key })
          ?? range.first(where: { lines[$0].indent == indent && lines[$0].key?.lowercased() == key.lowercased() })
      else { return nil }
      let end = (start + 1..<range.upperBound).first { index in
        if let dash = lines[index].dashes.first { return dash < indent }
        return lines[index].indent <= indent
      }
      return start..<(end ?? range.upperBound)
    case .index(let wanted):
      guard let column = range.compactMap({ lines[$0].dashes.first }).min() else { return nil }
      let starts = range.filter { lines[$0].dashes.first == column }
      guard starts.indices.contains(wanted) else { return nil }
      let end = starts.indices.contains(wanted + 1) ? starts[wanted + 1] : range.upperBound
      return starts[wanted]..<end
    }
  }
}
