/// The parts of the server's URL.
struct ServerAddress {
  var scheme: String
  /// A name, an IPv4 address, or an IPv6 address in brackets.
  var host: String
  var port: Int?
  /// A path that all requests begin with, without a slash at its end; usually empty.
  var path: String

  init(_ url: String) throws(KubeClientError) {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[1].isEmpty, parts[0] == "https:" || parts[0] == "http:" else {
      throw KubeClientError(.configuration, "\"\(url)\" is no server address; it must look like https://HOST:PORT")
    }
    scheme = String(parts[0].dropLast())
    path = parts.count == 4 && !parts[3].isEmpty ? "/" + parts[3] : ""
    let authority = parts[2]
    let afterHost = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
    let colon = (afterHost.map { authority[$0...] } ?? authority).lastIndex(of: ":")
    host = String(colon.map { authority[..<$0] } ?? authority)
    port = colon.flatMap { Int(authority[authority.index(after: $0)...]) }
    guard !host.isEmpty, !authority.contains("@"), colon == nil || port.map((1...65535).contains) == true else {
      throw KubeClientError(.configuration, "\"\(url)\" is no server address; it must look like https://HOST:PORT")
    }
  }

  /// The URL's beginning, with another host in place of the server's if one is given.
  func base(host other: String? = nil) -> String {
    "\(scheme)://\(other ?? host)\(port.map { ":\($0)" } ?? "")\(path)"
  }
}
