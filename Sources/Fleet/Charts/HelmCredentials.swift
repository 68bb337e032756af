/// What a chart repository or registry may ask for (fleet-behaviour §2.5). Its description shows no secret.
public struct HelmCredentials: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The user; empty for none.
  public var username: String
  /// The password or token; empty for none.
  public var password: String
  /// PEM certificates to trust beside the system's; empty for none.
  public var caCertificates: String
  /// A private key for charts in git over SSH; empty for none.
  public var sshPrivateKey: String
  /// Do not verify the server's certificate.
  public var insecureSkipTLSVerify: Bool
  /// Talk to an OCI registry without TLS.
  public var basicHTTP: Bool

  /// Credentials; those that are left out are not sent.
  public init(
    username: String = "", password: String = "", caCertificates: String = "", sshPrivateKey: String = "",
    insecureSkipTLSVerify: Bool = false, basicHTTP: Bool = false
  ) {
    self.username = username
    self.password = password
    self.caCertificates = caCertificates
    self.sshPrivateKey = sshPrivateKey
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.basicHTTP = basicHTTP
  }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { self == HelmCredentials() }

  /// Whether there is something that only the right server may see.
  var hasSecrets: Bool { !username.isEmpty || !password.isEmpty || !sshPrivateKey.isEmpty }

  /// What is there, without the secrets themselves.
  public var description: String {
    let parts = [
      username.isEmpty ? nil : "username", password.isEmpty ? nil : "password",
      caCertificates.isEmpty ? nil : "caCertificates", sshPrivateKey.isEmpty ? nil : "sshPrivateKey",
      insecureSkipTLSVerify ? "insecureSkipTLSVerify" : nil, basicHTTP ? "basicHTTP" : nil,
    ].compactMap { $0 }
    return "HelmCredentials(\(parts.joined(separator: ", ")))"
  }

  /// The same as ``description``, so that no log shows secrets.
  public var debugDescription: String { description }
}

extension HelmCredentials: CustomReflectable {
  /// No children, so that `dump` and assertion messages show no secrets.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
