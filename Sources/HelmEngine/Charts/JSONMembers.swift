import Document

/// The members of an object in JSON text, found without reading their values: a repository's index has thousands of charts,
/// of which one is wanted.
struct JSONMembers {
  /// One member: where its key is, quotes included, and where its value is.
  struct Member {
    let key: Range<Int>
    let value: Range<Int>
  }

  /// The text; valid JSON without white space, as Go writes it.
  private let text: ArraySlice<UInt8>
  /// The members, in their order.
  private(set) var members: [Member] = []

  /// Finds the members of the object that the text is; none where it is something else.
  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    var index = text.startIndex
    guard index < text.endIndex, text[index] == UInt8(ascii: "{") else { return }
    index += 1
    while index < text.endIndex, text[index] == UInt8(ascii: "\"") {
      let key = index..<endOfString(index)
      let value = (key.upperBound + 1)..<endOfValue(key.upperBound + 1)
      guard value.upperBound <= text.endIndex else { return }
      members.append(Member(key: key, value: value))
      // Past the comma, or the brace that ends it all.
      index = value.upperBound + 1
    }
  }

  /// The text of a member's value; nil if there is no such member.
  subscript(key: String) -> ArraySlice<UInt8>? {
    let wanted = JSON.encode(.string(key))
    let found = members.first { text[$0.key].elementsEqual(wanted) } ?? members.first { name($0) == key }
    return found.map { text[$0.value] }
  }

  /// The keys, in their order.
  var keys: [String] { members.map(name) }

  private func name(_ member: Member) -> String {
    (try? JSON.parse(text[member.key]))?.string ?? ""
  }

  /// Where a string ends that begins here.
  private func endOfString(_ start: Int) -> Int {
    var index = start + 1
    while index < text.endIndex, text[index] != UInt8(ascii: "\"") {
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, text.endIndex)
  }

  /// Where a value ends that begins here.
  private func endOfValue(_ start: Int) -> Int {
    var index = start
    var depth = 0
    while index < text.endIndex {
      switch text[index] {
      case UInt8(ascii: "\""):
        index = endOfString(index)
        if depth == 0 { return index }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return index }
        depth -= 1
        if depth == 0 { return index + 1 }
      case UInt8(ascii: ","):
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return index
  }
}
