import Document

/// How to reach one cluster's API server, and as whom. Its description shows no secret.
public struct KubeConfig: Sendable {
  /// A bearer token, or where to read it.
  public enum Token: Sendable, Hashable {
    /// This very token.
    case fixed(String)
    /// The content of this file, which is read again from time to time, since tokens of service accounts are renewed.
    case file(String)
  }

  /// The server's URL, such as `https://10.0.0.1:6443`, without a slash at the end.
  public var server: String
  /// The name that the server's certificate must bear, where it is not the host in `server`.
  public var tlsServerName: String?
  /// The certificate authorities to trust, in PEM; nil trusts the system's.
  public var certificateAuthority: [UInt8]?
  /// Whether any server certificate will do. For tests on loopback only.
  public var insecureSkipTLSVerify = false
  /// The client's certificate chain, in PEM.
  public var clientCertificate: [UInt8]?
  /// The client certificate's private key, in PEM.
  public var clientKey: [UInt8]?
  /// The bearer token.
  public var token: Token?
  /// Whom to act as, which the credentials must allow; nil acts as oneself.
  public var impersonatedUser: String?
  /// The groups to act in, if a user is impersonated.
  public var impersonatedGroups: [String] = []
  /// The context's namespace; `default` where it names none.
  public var namespace = "default"

  /// A server without credentials.
  public init(server: String) {
    var server = server
    while server.hasSuffix("/") { server.removeLast() }
    self.server = server
  }

  /// A kubeconfig document that stands alone: what was in files is inline, but for a token file, which stays a file. For libraries
  /// that take a kubeconfig. It holds the secrets, so keep it in memory or in files of mode 0600.
  public var document: Value {
    var cluster: Value = ["server": .string(server)]
    if let certificateAuthority { cluster["certificate-authority-data"] = .string(Base64.encode(certificateAuthority)) }
    if insecureSkipTLSVerify { cluster["insecure-skip-tls-verify"] = true }
    if let tlsServerName { cluster["tls-server-name"] = .string(tlsServerName) }
    var user: Value = [:]
    if let clientCertificate { user["client-certificate-data"] = .string(Base64.encode(clientCertificate)) }
    if let clientKey { user["client-key-data"] = .string(Base64.encode(clientKey)) }
    switch token {
    case .fixed(let token): user["token"] = .string(token)
    case .file(let path): user["tokenFile"] = .string(path)
    case nil: break
    }
    if let impersonatedUser { user["as"] = .string(impersonatedUser) }
    if !impersonatedGroups.isEmpty { user["as-groups"] = Value(impersonatedGroups) }
    return [
      "apiVersion": "v1", "kind": "Config", "current-context": "flotilla",
      "clusters": [["name": "flotilla", "cluster": cluster]], "users": [["name": "flotilla", "user": user]],
      "contexts": [
        ["name": "flotilla", "context": ["cluster": "flotilla", "user": "flotilla", "namespace": .string(namespace)]]
      ],
    ]
  }
}

extension KubeConfig: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The server and the kind of credentials, but none of them.
  public var description: String {
    var parts = [server]
    if clientCertificate != nil { parts.append("client certificate") }
    if token != nil { parts.append("token") }
    if let impersonatedUser { parts.append("as \(impersonatedUser)") }
    if insecureSkipTLSVerify { parts.append("TLS not verified") }
    return parts.joined(separator: ", ")
  }

  /// As `description`.
  public var debugDescription: String { description }

  /// Shows nothing but `server`, so that `dump` gives no secret away.
  public var customMirror: Mirror { Mirror(self, children: ["server": server]) }
}
