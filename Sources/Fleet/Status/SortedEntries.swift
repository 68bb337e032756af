/// Values sorted by a text key, in chunks, so that adding, replacing, removing and reading the first few stay cheap among
/// 100,000 of them.
struct SortedEntries<Element: Sendable & Hashable>: Sendable, Hashable {
  private static var chunkCapacity: Int { 256 }

  private var chunks: [[(key: String, value: Element)]] = []
  private(set) var count = 0

  static func == (left: SortedEntries, right: SortedEntries) -> Bool {
    left.count == right.count
      && left.prefix(left.count).elementsEqual(right.prefix(right.count)) { $0.key == $1.key && $0.value == $1.value }
  }

  func hash(into hasher: inout Hasher) { hasher.combine(count) }

  /// Adds or replaces a value.
  mutating func set(_ key: String, _ value: Element) {
    guard !chunks.isEmpty else {
      chunks = [[(key, value)]]
      count = 1
      return
    }
    let chunk = chunkIndex(for: key)
    let position = lowerBound(key, in: chunk)
    if position < chunks[chunk].count, chunks[chunk][position].key == key {
      chunks[chunk][position].value = value
      return
    }
    chunks[chunk].insert((key, value), at: position)
    count += 1
    if chunks[chunk].count > Self.chunkCapacity {
      let half = chunks[chunk].count / 2
      let tail = Array(chunks[chunk][half...])
      chunks[chunk].removeSubrange(half...)
      chunks.insert(tail, at: chunk + 1)
    }
  }

  /// Removes a value; whether there was one.
  @discardableResult
  mutating func remove(_ key: String) -> Bool {
    guard !chunks.isEmpty else { return false }
    let chunk = chunkIndex(for: key)
    let position = lowerBound(key, in: chunk)
    guard position < chunks[chunk].count, chunks[chunk][position].key == key else { return false }
    chunks[chunk].remove(at: position)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    count -= 1
    return true
  }

  subscript(key: String) -> Element? {
    guard !chunks.isEmpty else { return nil }
    let chunk = chunkIndex(for: key)
    let position = lowerBound(key, in: chunk)
    guard position < chunks[chunk].count, chunks[chunk][position].key == key else { return nil }
    return chunks[chunk][position].value
  }

  /// The first entries in order of their keys.
  func prefix(_ limit: Int) -> [(key: String, value: Element)] {
    var result: [(key: String, value: Element)] = []
    for chunk in chunks {
      guard result.count < limit else { break }
      result += chunk.prefix(limit - result.count)
    }
    return result
  }

  /// The last chunk whose first key is not after `key`.
  private func chunkIndex(for key: String) -> Int {
    var low = 0
    var high = chunks.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if chunks[middle][0].key <= key { low = middle } else { high = middle }
    }
    return low
  }

  private func lowerBound(_ key: String, in chunk: Int) -> Int {
    var low = 0
    var high = chunks[chunk].count
    while low < high {
      let middle = (low + high) / 2
      if chunks[chunk][middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
