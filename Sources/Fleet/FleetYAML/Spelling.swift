/// Finds what a misspelt word may have been.
public enum Spelling {
  /// Those of `candidates` that a word may have been meant for, the nearest first: they hold it, or are near enough to it.
  public static func near(_ word: String, among candidates: some Sequence<String>, limit: Int = 5) -> [String] {
    let lowered = word.lowercased()
    let scored = candidates.compactMap { candidate -> (score: Int, text: String)? in
      let other = candidate.lowercased()
      if !lowered.isEmpty, other.contains(lowered) { return (0, candidate) }
      let distance = distance(Array(lowered.utf8), Array(other.utf8))
      return distance <= max(1, lowered.utf8.count / 3) ? (distance, candidate) : nil
    }
    return scored.sorted { ($0.score, $0.text) < ($1.score, $1.text) }.prefix(limit).map(\.text)
  }

  /// The nearest of `candidates`, if it is near enough: other letter case, or about a third of the letters changed.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let lowered = Array(word.lowercased().utf8)
    let scored = candidates.map { candidate in
      (candidate, distance(lowered, Array(candidate.lowercased().utf8)))
    }
    let best = scored.min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let best, best.1 <= max(1, lowered.count / 3) else { return nil }
    return best.0
  }

  /// The optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard left.count <= 100, right.count <= 100 else { return Int.max }
    var older: [Int] = []
    var previous = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        var cost = min(previous[j] + (left[i] == right[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, older[j - 1] + 1) }
        row.append(cost)
      }
      older = previous
      previous = row
    }
    return previous[right.count]
  }
}
