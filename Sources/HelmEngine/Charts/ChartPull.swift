/// Which chart to fetch, and from where.
///
/// Three forms: a chart's name and its repository's address (`https://…`); a chart in an OCI registry (`oci://…` as
/// `chart`, or as `repo`, whose path `chart` then continues); an archive's own address (`https://…` as `chart`).
public struct ChartPull: Sendable, Hashable {
  /// The chart's name in the repository, or an address.
  public var chart: String
  /// The repository's address; empty where `chart` is an address.
  public var repo: String
  /// A version (`1.2.3`), a constraint (`^1.2`, `>=1.0 <2`), or empty for the newest that is no pre-release. Ignored for an
  /// archive's own address.
  public var version: String
  /// Who asks, and whom to trust; nil asks as nobody and trusts the system's certificates.
  public var credentials: ChartCredentials?

  /// Makes a pull. It is checked when it is used.
  public init(chart: String, repo: String = "", version: String = "", credentials: ChartCredentials? = nil) {
    self.chart = chart
    self.repo = repo
    self.version = version
    self.credentials = credentials
  }
}

/// What a chart's server is shown, and how the server is known. Its descriptions never hold the password.
public struct ChartCredentials: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The user's name; empty sends none.
  public var username: String
  /// The user's password or token. It goes only to the server that the pull names, and to where that server's own host name
  /// redirects; never to another host that an index names.
  public var password: String
  /// Certificates of authorities that are trusted beside the system's, in PEM.
  public var caBundle: String
  /// Takes any certificate for the server's own.
  public var insecureSkipTLSVerify: Bool
  /// Speaks HTTP without TLS to an OCI registry. A repository's address says so itself.
  public var plainHTTP: Bool

  /// Makes credentials; what is left out is not used.
  public init(
    username: String = "", password: String = "", caBundle: String = "", insecureSkipTLSVerify: Bool = false,
    plainHTTP: Bool = false
  ) {
    self.username = username
    self.password = password
    self.caBundle = caBundle
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.plainHTTP = plainHTTP
  }

  /// What is set, without any secret.
  public var description: String {
    var parts: [String] = []
    if !username.isEmpty || !password.isEmpty { parts.append("user and password") }
    if !caBundle.isEmpty { parts.append("certificates") }
    if insecureSkipTLSVerify { parts.append("no TLS verification") }
    if plainHTTP { parts.append("plain HTTP") }
    return "credentials(\(parts.joined(separator: ", ")))"
  }

  /// The description.
  public var debugDescription: String { description }

  /// Nothing to look into: `dump` would show the password.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A chart as its server gave it.
public struct PulledChart: Sendable, Hashable {
  /// The name in its `Chart.yaml`.
  public let name: String
  /// The version in its `Chart.yaml`.
  public let version: String
  /// The `.tgz` as served. Helm has loaded it, so it is a chart and within Helm's limits; where the repository's index has a
  /// digest, it is this archive's.
  public let archive: [UInt8]

  /// Makes a chart that was pulled.
  public init(name: String, version: String, archive: [UInt8]) {
    self.name = name
    self.version = version
    self.archive = archive
  }
}
