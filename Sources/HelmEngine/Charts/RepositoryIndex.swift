import Document

/// What a chart repository's `index.yaml` says, in the library's JSON. Only what is asked for is read.
struct RepositoryIndex {
  /// One version of a chart.
  struct Entry: Sendable, Hashable {
    let version: String
    let url: String?
    /// The archive's SHA-256 in hexadecimal digits; nil where the index has none.
    let digest: String?
  }

  private let entries: JSONMembers

  init(_ text: [UInt8]) {
    entries = JSONMembers(JSONMembers(text[...])["entries"] ?? [])
  }

  /// The charts' names, sorted.
  var charts: [String] { entries.keys.sorted() }

  /// A chart's versions from the newest to the oldest; nil if there is no such chart.
  func versions(of chart: String) throws -> [Entry]? {
    guard let text = entries[chart] else { return nil }
    return try JSON.parse(text, file: "index.yaml").array?.map { entry in
      Entry(
        version: entry["version"]?.string ?? "", url: entry["urls"]?[0]?.string,
        digest: entry["digest"]?.string.flatMap(Self.digest))
    }
  }

  /// Some repositories write `sha256:` before the digits, some upper-case ones.
  private static func digest(_ text: String) -> String? {
    let digits = (text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]).lowercased()
    return digits.isEmpty ? nil : digits
  }
}
