/// A repository on a server, and how to get in. Its text and mirror show neither passwords nor keys.
public struct GitRemote: Sendable, CustomStringConvertible, CustomReflectable {
  /// What the server wants to see.
  public enum Credentials: Sendable {
    /// Nothing; for SSH this means that no key is offered.
    case none
    /// A user and a password or token, for HTTP(S) and for SSH servers that accept passwords.
    case basic(username: String, password: String)
    /// A private key in PEM or OpenSSH format, for SSH.
    case ssh(privateKey: String, passphrase: String? = nil)
  }

  /// Where the repository is.
  public let url: GitURL
  /// What the server wants to see.
  public var credentials: Credentials
  /// The SSH servers to trust, in the format of `known_hosts`. Without it no SSH server is.
  public var knownHosts: String?
  /// Certificates in PEM to trust beside the system's, for HTTPS. Roots and intermediates: libgit2 hands on the server's own
  /// certificate alone, so an intermediate that only the server sends is not seen.
  public var caBundle: String?
  /// Accepts any HTTPS certificate.
  public var insecureSkipTLSVerify: Bool
  /// Accepts any SSH host key.
  public var insecureSkipHostKeyChecks: Bool
  /// How long one operation on the server may take. Looking up the server's name is bounded by the system's resolver instead.
  public var timeout: Duration

  /// A remote by its URL's text. Throws ``GitError/Code/invalidURL``.
  public init(
    url: String, credentials: Credentials = .none, knownHosts: String? = nil, caBundle: String? = nil,
    insecureSkipTLSVerify: Bool = false, insecureSkipHostKeyChecks: Bool = false, timeout: Duration = .seconds(30)
  ) throws(GitError) {
    self.url = try GitURL(url)
    self.credentials = credentials
    self.knownHosts = knownHosts
    self.caBundle = caBundle
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.insecureSkipHostKeyChecks = insecureSkipHostKeyChecks
    self.timeout = timeout
  }

  /// The URL without its password.
  public var description: String { url.description }

  /// The URL alone, so that no dump shows a secret.
  public var customMirror: Mirror { Mirror(self, children: ["url": url.description]) }

  /// Texts that no message may hold, longest first.
  var secrets: [String] {
    var secrets = [url.password, url.password == nil ? nil : url.text].compactMap { $0 }
    switch credentials {
    case .none: break
    case .basic(_, let password): secrets.append(password)
    case .ssh(let privateKey, let passphrase): secrets += [privateKey, passphrase].compactMap { $0 }
    }
    return secrets.filter { $0.utf8.count > 2 }.sorted { $0.utf8.count > $1.utf8.count }
  }
}
