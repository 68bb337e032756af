import Foundation

/// Where an HTTP server may send us: anywhere without credentials; with them, nowhere but to itself.
enum RedirectPolicy {
  /// Why no connection to this server may be made; nil when it may.
  static func refusal(of host: String, port: String, for remote: GitRemote) -> String? {
    guard holdsCredentials(remote), !usesProxy(remote) else { return nil }
    let url = remote.url
    guard host.lowercased() != url.host.lowercased() || Int(port) != url.port else { return nil }
    return "it redirects to \(host) port \(port), which must not see the credentials for \(url.host) port \(url.port);"
      + " use the address that it redirects to"
  }

  /// Behind a proxy the connection does not tell where a request goes, so redirects are not followed with credentials.
  static func followsRedirects(_ remote: GitRemote) -> Bool {
    !(holdsCredentials(remote) && usesProxy(remote))
  }

  private static func holdsCredentials(_ remote: GitRemote) -> Bool {
    if case .none = remote.credentials { return remote.url.password != nil }
    return true
  }

  private static func usesProxy(_ remote: GitRemote) -> Bool {
    let names: [String]
    switch remote.url.scheme {
    case .http: names = ["http_proxy", "HTTP_PROXY"]
    case .https: names = ["https_proxy", "HTTPS_PROXY"]
    default: return false
    }
    return names.contains { getenv($0) != nil }
  }
}
