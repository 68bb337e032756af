/// Makes addresses fit to be shown: people write passwords into URLs, and statuses and logs are read by others.
public enum URLRedaction {
  /// A URL without user, password and query; another text as it is, up to its first question mark.
  public static func redacted(_ url: String) -> String {
    let path = url.prefix { $0 != "?" }
    guard let start = path.firstRange(of: "://")?.upperBound else { return String(path) }
    let end = path[start...].firstIndex(of: "/") ?? path.endIndex
    guard let at = path[start..<end].lastIndex(of: "@") else { return String(path) }
    return String(path[..<start] + path[path.index(after: at)...])
  }
}
