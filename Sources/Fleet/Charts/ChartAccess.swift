import Document

/// With which credentials the charts of one repository are fetched (fleet-behaviour §2.5).
///
/// Credentials are sent only where the regular expression matches the chart's repository from its beginning; an empty one
/// matches nothing. How to connect (certificates to trust, no verification, no TLS) is no secret and always holds.
/// Descriptions show no secrets.
public struct ChartAccess: Sendable, Hashable {
  /// The regular expression as written; empty where credentials are never sent.
  public var regex: String { expression?.pattern ?? "" }
  /// Credentials for every path; not used where there are credentials by path.
  public let credentials: HelmCredentials?
  /// Credentials by path or glob of paths; nil where there is no such Secret.
  public let byPath: [String: HelmCredentials]?
  /// Do not verify certificates of chart repositories, whatever their credentials.
  public let insecureSkipTLSVerify: Bool

  private let expression: RegularExpression?
  /// ``byPath`` by path in its one spelling.
  private let exact: [String: HelmCredentials]
  /// ``byPath`` as globs, in order.
  private let globs: [PathGlob]

  private struct PathGlob: Hashable {
    let glob: Glob
    let credentials: HelmCredentials
  }

  /// Access without credentials.
  public static let anonymous = ChartAccess()

  private init() {
    credentials = nil
    byPath = nil
    insecureSkipTLSVerify = false
    expression = nil
    exact = [:]
    globs = []
  }

  /// Access with credentials.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when `regex` is not a regular expression or a path of `byPath` no glob;
  ///   `key` is then `helmRepoURLRegex` or the path.
  public init(
    regex: String = "", credentials: HelmCredentials? = nil, byPath: [String: HelmCredentials]? = nil,
    insecureSkipTLSVerify: Bool = false
  ) throws(FleetError) {
    self.credentials = credentials
    self.byPath = byPath
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    do {
      expression = regex.isEmpty ? nil : try RegularExpression(regex)
    } catch {
      throw FleetError(error.code, error.message, key: "helmRepoURLRegex")
    }
    var exact: [String: HelmCredentials] = [:]
    var globs: [PathGlob] = []
    for (path, credentials) in (byPath ?? [:]).sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard let glob = Glob(Paths.clean(path)) else {
        throw FleetError(
          .invalidField, "is not a valid pattern of paths; a bracket is not closed or a backslash ends it", key: path)
      }
      exact[glob.pattern] = credentials
      globs.append(PathGlob(glob: glob, credentials: credentials))
    }
    self.exact = exact
    self.globs = globs
  }

  /// What to fetch a chart with; nil for nothing.
  public func credentials(for request: ChartRequest) -> HelmCredentials? {
    var result = own(for: request.path) ?? HelmCredentials()
    if !isMatched(request) {
      result.username = ""
      result.password = ""
      result.sshPrivateKey = ""
    }
    if insecureSkipTLSVerify { result.insecureSkipTLSVerify = true }
    return result.isEmpty ? nil : result
  }

  /// The error of a failed fetch, with a hint where credentials exist that were not sent because `helmRepoURLRegex` is
  /// empty or does not match.
  public func explain(_ error: FleetError, for request: ChartRequest) -> FleetError {
    guard let own = own(for: request.path), own.hasSecrets, !isMatched(request) else { return error }
    let address = URLRedaction.redacted(request.repo.isEmpty ? request.chart : request.repo)
    let hint =
      expression == nil
      ? "; there are credentials, but they were not sent because helmRepoURLRegex is empty: set it to a regular expression"
        + " that matches \(address)"
      : "; there are credentials, but they were not sent because helmRepoURLRegex \"\(regex)\" does not match \(address)"
        + " from its beginning"
    return FleetError(
      error.code, error.message + hint, file: error.file, line: error.line, key: error.key, cause: error.cause)
  }

  private func isMatched(_ request: ChartRequest) -> Bool {
    expression?.matchesPrefix(of: request.repo.isEmpty ? request.chart : request.repo) ?? false
  }

  /// The credentials of a bundle's directory: those of the very path, else those of the first glob that matches it.
  private func own(for path: String) -> HelmCredentials? {
    guard byPath != nil else { return credentials }
    let path = Paths.clean(path)
    return exact[path] ?? globs.first { $0.glob.matches(path) }?.credentials
  }
}
