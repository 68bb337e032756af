import Document

/// Cuts a YAML stream into its documents without changing their text.
enum ManifestDocuments {
  /// The documents' texts in order, without their `---` lines. Those that hold nothing but comments are left out.
  static func split(_ text: String) -> [String] {
    var documents: [String] = []
    var start = text.startIndex
    for line in lines(of: text) where isSeparator(text[line]) {
      append(text[start..<line.lowerBound], to: &documents)
      // What follows the three dashes on their line belongs to the document.
      start = text.utf8.index(line.lowerBound, offsetBy: 3)
    }
    append(text[start...], to: &documents)
    return documents
  }

  /// Whether Helm treats the document as a hook, apart from the release's own objects.
  static func isHook(_ document: String) -> Bool {
    // A cheap look first: most documents are not hooks, and none of those is parsed.
    guard ByteSearch.contains("helm.sh/hook", in: document) else { return false }
    guard let value = try? YAML.parse(document, file: "").first else { return false }
    return value.at("metadata", "annotations", "helm.sh/hook") != nil
  }

  private static func append(_ text: Substring, to documents: inout [String]) {
    let isEmpty = text.utf8.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
      let content = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
      return content == nil || content == UInt8(ascii: "#")
    }
    if isEmpty { return }
    var body = text
    while let first = body.utf8.first, first == UInt8(ascii: "\n") || first == UInt8(ascii: "\r") {
      body = body[body.utf8.index(after: body.startIndex)...]
    }
    while let last = body.utf8.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      body = body[..<body.utf8.index(before: body.endIndex)]
    }
    documents.append(String(body))
  }

  private static func isSeparator(_ line: Substring) -> Bool {
    guard line.utf8.starts(with: "---".utf8) else { return false }
    guard let next = line.utf8.dropFirst(3).first else { return true }
    return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == UInt8(ascii: "\r")
  }

  private static func lines(of text: String) -> [Range<String.Index>] {
    var result: [Range<String.Index>] = []
    let bytes = text.utf8
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      result.append(start..<end)
      start = bytes.index(after: end)
    }
    result.append(start..<bytes.endIndex)
    return result
  }
}
