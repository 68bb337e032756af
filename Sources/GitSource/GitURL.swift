/// A repository's address, taken apart and found acceptable.
///
/// `file://`, `http://`, `https://`, `git://`, `ssh://` and `user@host:path` are served. Everything else is refused by
/// name: other transports could run programs (`ext::`), and text that begins with `-` could be taken for an option.
public struct GitURL: Sendable, Hashable, CustomStringConvertible {
  /// How the repository is reached.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// A directory of this machine.
    case file
    /// Plain HTTP.
    case http
    /// HTTP over TLS.
    case https
    /// git's own protocol, without encryption or authentication.
    case git
    /// SSH.
    case ssh
  }

  /// How the repository is reached.
  public let scheme: Scheme
  /// The server's name or address, without brackets; empty for `file`.
  public let host: String
  /// The port that the URL names, or the scheme's usual one; 0 for `file`.
  public let port: Int
  /// The user that the URL names.
  public let user: String?
  /// The path on the server, as written.
  public let path: String
  /// The URL as given, with any password.
  let text: String
  let password: String?

  /// The URL without its password, and for HTTP without its user: fit for logs, conditions and errors.
  public let description: String

  /// Takes a URL apart. Throws ``GitError/Code/invalidURL``.
  public init(_ text: String) throws(GitError) {
    guard !text.isEmpty else { throw GitError(.invalidURL, "the repository's URL is empty") }
    guard text.utf8.count <= GitLimits.urlBytes else {
      throw GitError(
        .invalidURL, "the repository's URL has \(text.utf8.count) bytes, at most \(GitLimits.urlBytes) are allowed")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7F }) else {
      throw GitError(.invalidURL, "the repository's URL contains a space or a control character")
    }
    guard !text.hasPrefix("-") else {
      throw GitError(.invalidURL, "the repository's URL begins with '-', as an option would")
    }
    if let separator = text.firstRange(of: "://") {
      try self.init(text, scheme: text[..<separator.lowerBound], rest: text[separator.upperBound...])
    } else {
      try self.init(scp: text)
    }
  }

  private init(_ text: String, scheme name: Substring, rest: Substring) throws(GitError) {
    guard let scheme = Scheme(rawValue: name.lowercased()) else {
      throw Self.unsupported("'\(name.prefix(32))://'")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    path = String(rest[slash...])
    self.scheme = scheme
    self.text = text
    if scheme == .file {
      guard authority.isEmpty || authority == "localhost", path.count > 1 else {
        throw GitError(.invalidURL, "a file URL is file:///absolute/path, and names no host")
      }
      (host, port, user, password) = ("", 0, nil, nil)
      description = text
      return
    }
    let at = authority.lastIndex(of: "@")
    let server = at.map { authority[authority.index(after: $0)...] } ?? authority
    let login = at.map { authority[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) }
    user = login?.first.map { Self.percentDecoded($0) }
    password = login.flatMap { $0.count > 1 ? Self.percentDecoded($0[1]) : nil }
    (host, port) = try Self.server(server, scheme: scheme)
    let shown = scheme == .ssh && login != nil ? "\(login?.first ?? "")@\(server)" : "\(server)"
    description = "\(scheme.rawValue)://\(shown)\(path)"
    guard path.count > 1 else {
      throw GitError(.invalidURL, "the URL \(description) names no repository on its server")
    }
  }

  private init(scp text: String) throws(GitError) {
    guard !text.contains("::") else { throw Self.unsupported("'\(text.prefix { $0 != ":" })::'") }
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      throw GitError(
        .invalidURL,
        "'\(text.prefix(80))' is no URL of a repository; write file:///path for a directory of this machine")
    }
    let login = text[..<colon].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let server = login.last ?? ""
    user = login.count > 1 ? String(login[0]) : nil
    (host, _) = try Self.server(server, scheme: .ssh)
    (scheme, port, password) = (.ssh, 22, nil)
    path = String(text[text.index(after: colon)...])
    self.text = text
    description = text
    guard !path.isEmpty, !path.hasPrefix("-") else {
      throw GitError(.invalidURL, "'\(text)' names no repository on \(host)")
    }
  }

  private static func server(_ text: Substring, scheme: Scheme) throws(GitError) -> (host: String, port: Int) {
    var host = text
    var port: Substring?
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let tail = text[text.index(after: end)...]
      port = tail.hasPrefix(":") ? tail.dropFirst() : nil
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    guard !host.isEmpty, !host.hasPrefix("-"), !host.contains(where: { "@/\\?#%".contains($0) }) else {
      throw GitError(.invalidURL, "the repository's URL has no valid host")
    }
    let usual: [Scheme: Int] = [.http: 80, .https: 443, .git: 9418, .ssh: 22]
    guard let port, !port.isEmpty else { return (String(host), usual[scheme] ?? 0) }
    guard let number = Int(port), (1...65535).contains(number) else {
      throw GitError(.invalidURL, "'\(port.prefix(16))' in the repository's URL is no port")
    }
    return (String(host), number)
  }

  private static func unsupported(_ what: String) -> GitError {
    GitError(
      .invalidURL, "repositories at \(what) are not served; use https, ssh, git, http, file or user@host:path")
  }

  private static func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
