/// Takes the words of kustomize or kubectl out of their wrapping, so that the same error is the same text each time.
enum ToolOutput {
  /// The error that the tool printed, with paths relative to the bundle and without what its log adds.
  static func error(_ text: String, root: String) -> String {
    var lines: [String] = []
    for line in text.split(separator: "\n") {
      let line = line.trimmed
      if let range = line.range(of: "\"command failed\" err=") {
        let rest = line[range.upperBound...]
        if rest != "<" { lines.append(unquoted(rest)) }
      } else if line.range(of: "Warning: ") == nil, line != ">" {
        lines.append(String(line))
      }
    }
    var message = lines.joined(separator: "\n").replacing(root + "/", with: "").replacing(root, with: ".")
    if message.hasPrefix("Error: ") { message.removeFirst("Error: ".count) }
    return message.isEmpty ? "it gave no reason" : message
  }

  /// What a text between quotes of Go's stands for; the text itself if it is not one.
  private static func unquoted(_ text: Substring) -> String {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
    var result = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if isEscaped {
        result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return self[start..<end]
  }
}
