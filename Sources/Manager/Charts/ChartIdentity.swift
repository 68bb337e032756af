import Document
import Fleet

/// What was asked for and with what: fetches of the same identity are one, and what one asker fetched with credentials is
/// not found by another without them, or with others.
struct ChartIdentity: Sendable, Hashable {
  /// Where the chart is.
  let address: ChartAddress
  /// The version or constraint as written.
  let version: String
  /// SHA-256 of the credentials and of how far the server's certificate is checked; empty for none.
  let credentials: String

  init(address: ChartAddress, version: String, credentials: HelmCredentials?) {
    self.address = address
    self.version = version
    guard let credentials, !credentials.isEmpty else {
      self.credentials = ""
      return
    }
    let parts = [
      credentials.username, credentials.password, credentials.caCertificates, credentials.sshPrivateKey,
      "\(credentials.insecureSkipTLSVerify)", "\(credentials.basicHTTP)",
    ]
    self.credentials = Digests.sha256Hex(JSON.encode(.array(parts.map(Value.string))))
  }

  /// The name of its record in the cache: 64 hexadecimal digits.
  var key: String {
    let parts: [String] =
      switch address {
      case .repository(let url, let chart): ["repository", url, chart]
      case .registry(let url): ["registry", url]
      case .archive(let url): ["archive", url]
      case .git(let url, let reference, let subdirectory): ["git", url, reference ?? "", subdirectory]
      }
    return Digests.sha256Hex(JSON.encode(.array((parts + [version, credentials]).map(Value.string))))
  }

  /// Whether the same words always mean the same chart: an exact version, a digest, a commit. Everything else is asked again
  /// after ``Limits/chartRefreshSeconds``.
  var isExact: Bool {
    switch address {
    case .repository: Self.isExact(version: version)
    case .registry(let url): url.contains("@sha256:") || Self.isExact(version: version)
    case .archive: false
    case .git(_, let reference, _): reference.map(Self.isCommit) ?? false
    }
  }

  /// Whether a text is a full semantic version, perhaps with `v` before it, and no constraint.
  static func isExact(version: String) -> Bool {
    let text = version.hasPrefix("v") ? version.dropFirst() : version[...]
    let core = text.prefix { $0 != "-" && $0 != "+" }
    let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
    let suffix = text[core.endIndex...].dropFirst()
    return numbers.count == 3 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
      && (core.endIndex == text.endIndex || !suffix.isEmpty)
      && suffix.allSatisfy { $0.isASCII && ($0.isLetter || $0.isASCIIDigit || ".-+".contains($0)) }
  }

  private static func isCommit(_ reference: String) -> Bool {
    [40, 64].contains(reference.utf8.count) && reference.allSatisfy { $0.isASCII && $0.isHexDigit }
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
