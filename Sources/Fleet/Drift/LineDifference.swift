/// How two texts of several lines differ, as `diff -u` shows it.
enum LineDifference {
  private struct Line {
    let mark: Character
    let text: Substring
  }

  private static let context = 3

  /// The hunks of a unified difference, without the heading that names files; empty where no line differs.
  static func hunks(from old: String, to new: String) -> String {
    let lines = compare(split(old), split(new))
    var text = ""
    var start = 0
    var numbers = (old: 1, new: 1)
    while let first = lines[start...].firstIndex(where: { $0.mark != " " }) {
      var end = first
      // Changes whose contexts touch are one hunk.
      while let next = lines[(end + 1)...].firstIndex(where: { $0.mark != " " }), next - end <= 2 * context {
        end = next
      }
      let hunk = max(start, first - context)..<min(lines.count, end + 1 + context)
      advance(&numbers, over: lines[start..<hunk.lowerBound])
      let counts = (lines[hunk].count { $0.mark != "+" }, lines[hunk].count { $0.mark != "-" })
      text += "@@ -\(numbers.old),\(counts.0) +\(numbers.new),\(counts.1) @@\n"
      for (index, line) in lines[hunk].enumerated() {
        guard text.utf8.count < Limits.fieldLinesBytes else {
          return text + "… (\(hunk.count - index) more lines here)\n"
        }
        text += "\(line.mark)\(shown(line.text))\n"
      }
      advance(&numbers, over: lines[hunk])
      start = hunk.upperBound
    }
    return text
  }

  private static func advance(_ numbers: inout (old: Int, new: Int), over lines: ArraySlice<Line>) {
    numbers.old += lines.count { $0.mark != "+" }
    numbers.new += lines.count { $0.mark != "-" }
  }

  private static func split(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func shown(_ line: Substring) -> String {
    line.utf8.count <= 512 ? String(line) : String(line.prefix(256)) + "… (\(line.utf8.count) bytes)"
  }

  /// Every line of both, in order: kept, taken away or added.
  private static func compare(_ old: [Substring], _ new: [Substring]) -> [Line] {
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let changed = (old.dropFirst(head).dropLast(tail), new.dropFirst(head).dropLast(tail))
    var lines = old.prefix(head).map { Line(mark: " ", text: $0) }
    lines += middle(Array(changed.0), Array(changed.1))
    lines += old.suffix(tail).map { Line(mark: " ", text: $0) }
    return lines
  }

  private static func middle(_ old: [Substring], _ new: [Substring]) -> [Line] {
    // The time grows with the square of the lines that differ.
    guard max(old.count, new.count) <= Limits.comparedLines else {
      return old.map { Line(mark: "-", text: $0) } + new.map { Line(mark: "+", text: $0) }
    }
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var lines: [Line] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left) {
        lines.append(Line(mark: "-", text: old[left]))
        left += 1
      } else if inserted.contains(right) {
        lines.append(Line(mark: "+", text: new[right]))
        right += 1
      } else {
        lines.append(Line(mark: " ", text: old[left]))
        left += 1
        right += 1
      }
    }
    return lines
  }
}
