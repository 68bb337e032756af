/// Takes secrets out of what others write.
struct Redaction: Sendable {
  private let secrets: [String]

  /// Hides these credentials' password.
  init(_ credentials: ChartCredentials?) {
    secrets = [credentials?.password ?? ""].filter { !$0.isEmpty }
  }

  /// The text without the password, and without the users and passwords in addresses.
  func callAsFunction(_ text: String) -> String {
    Self.url(secrets.reduce(text) { $0.replacing($1, with: "[redacted]") })
  }

  /// The error with its message redacted, and without its cause, which may repeat it.
  func callAsFunction(_ error: HelmError) -> HelmError {
    HelmError(code: error.code, message: self(error.message))
  }

  /// The text with `scheme://user:password@` cut to `scheme://`, wherever it occurs.
  static func url(_ text: String) -> String {
    guard text.contains("@") else { return text }
    var result = ""
    var rest = text[...]
    while let scheme = rest.firstRange(of: "://") {
      result += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let authority = rest.prefix { $0 != "/" && $0 != " " && $0 != "\"" && $0 != "?" && $0 != "#" && $0 != "\n" }
      if let at = authority.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    }
    return result + rest
  }
}
