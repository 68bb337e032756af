/// A text of bounded size: the beginning and the end of what was written.
struct CutText {
  private let half: Int
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  private var total = 0

  init(limit: Int) {
    half = limit / 2
  }

  mutating func append(_ bytes: some Collection<UInt8>) {
    total += bytes.count
    let room = half - head.count
    head.append(contentsOf: bytes.prefix(room))
    tail.append(contentsOf: bytes.dropFirst(room).suffix(half))
    // Now and then, not each time: moving the bytes costs as much as they are many.
    if tail.count > 2 * half { tail.removeFirst(tail.count - half) }
  }

  mutating func clear() { self = CutText(limit: 2 * half) }

  var text: String {
    let end = tail.suffix(half)
    let missing = total - head.count - end.count
    let cut = missing > 0 ? Array("\n[\(missing) bytes left out]\n".utf8) : []
    return String(decoding: head + cut + end, as: UTF8.self)
  }
}
