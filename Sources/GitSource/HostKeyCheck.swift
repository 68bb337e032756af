import Foundation

/// Whether an SSH server is the one that the known hosts tell of.
enum HostKeyCheck {
  /// Why the server is not trusted; nil when it is.
  static func failure(of key: Data?, _ operation: GitOperation) -> GitError? {
    let remote = operation.remote
    if remote.insecureSkipHostKeyChecks { return nil }
    guard let key else { return operation.failure(.hostKeyUnknown, "the SSH server presents no host key") }
    let (host, port) = (remote.url.host, remote.url.port)
    let name = port == 22 ? host : "[\(host)]:\(port)"
    let shown = "the \(KnownHosts.kind(of: key)) host key \(KnownHosts.fingerprint(of: key)) of \(name)"
    guard let list = remote.knownHosts, !list.isEmpty else {
      return operation.failure(
        .hostKeyUnknown, "\(shown) cannot be checked without known hosts; add known_hosts to the secret")
    }
    guard list.utf8.count <= GitLimits.trustBytes else {
      return operation.failure(
        .limitExceeded, "the known hosts have over \(GitLimits.trustBytes) bytes (limit trustBytes)")
    }
    switch KnownHosts(list).verdict(host: host, port: port, key: key) {
    case .known: return nil
    case .revoked: return operation.failure(.hostKeyUnknown, "\(shown) is marked as revoked in the known hosts")
    case .changed:
      return operation.failure(
        .hostKeyUnknown,
        "\(shown) is not the one in the known hosts: the server has a new key, or somebody is in between; ask its administrator"
      )
    case .otherKinds(let kinds):
      return operation.failure(
        .hostKeyUnknown,
        "\(shown) is not in the known hosts, which have \(kinds.joined(separator: ", ")) for it; add this key's line, "
          + "which ssh-keyscan -p \(port) \(host) prints")
    case .unknown:
      return operation.failure(
        .hostKeyUnknown,
        "\(shown) is not in the known hosts; check the fingerprint and add the line that ssh-keyscan -p \(port) \(host) prints"
      )
    }
  }
}

/// Private keys as people paste them, and what to say about one that did not help.
enum SSHKeyAdvice {
  /// The key as the SSH library reads it: LF line ends, and one at the end. Nil when it is no private key.
  static func normalized(_ key: String) -> String? {
    let lines = key.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    guard let first = lines.first, first.hasPrefix("-----BEGIN "), first.hasSuffix("PRIVATE KEY-----") else {
      return nil
    }
    // Legacy PEM has headers, which a blank line ends.
    let isLegacy = lines.contains { $0.hasPrefix("DEK-Info:") }
    return lines.map { $0.hasPrefix("DEK-Info:") && isLegacy ? $0 + "\n" : $0 }.joined(separator: "\n") + "\n"
  }

  /// Why a key may have been refused.
  static func refused(_ key: String) -> String {
    let advice = "the server refuses the SSH key, or its passphrase is wrong"
    guard isRSA(key) else { return advice }
    return advice
      + "; the key is RSA, which the SSH library here signs with SHA-1 and most servers refuse: use an ed25519 key"
  }

  private static func isRSA(_ key: String) -> Bool {
    if key.contains("BEGIN RSA PRIVATE KEY") { return true }
    let body = key.split(whereSeparator: \.isNewline).filter { !$0.contains("-----") }.joined()
    guard let data = Data(base64Encoded: body) else { return false }
    return data.prefix(128).range(of: Data("ssh-rsa".utf8)) != nil
  }
}
