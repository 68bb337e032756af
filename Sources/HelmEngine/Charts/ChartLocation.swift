import Foundation

/// Where a pull leads: the three forms of its addresses, told apart.
enum ChartLocation: Sendable, Hashable {
  /// A chart in an OCI registry: `oci://host/path/name`, and the registry's host with its port.
  case registry(reference: String, host: String)
  /// A chart by its name in the repository at an address.
  case repository(url: String, chart: String)
  /// An archive's own address.
  case archive(url: String)

  /// Throws `HelmError` with `invalidArgument` where the pull has none of the forms.
  init(_ pull: ChartPull) throws(HelmError) {
    if pull.repo.isEmpty {
      if Self.isRegistry(pull.chart) {
        self = try .registry(reference: pull.chart, host: Self.host(pull.chart, pull))
      } else if Self.isHTTP(pull.chart) {
        _ = try Self.host(pull.chart, pull)
        self = .archive(url: pull.chart)
      } else {
        throw Self.refusal(
          "it has no repository, and \"\(Redaction.url(pull.chart))\" is no address: set repo, "
            + "or give chart as http://, https:// or oci://")
      }
    } else if Self.isRegistry(pull.repo) {
      let reference = Self.reference(repo: pull.repo, chart: pull.chart)
      self = try .registry(reference: reference, host: Self.host(reference, pull))
    } else if Self.isHTTP(pull.repo) {
      _ = try Self.host(pull.repo, pull)
      guard !pull.chart.isEmpty else {
        throw Self.refusal("repository \(Redaction.url(pull.repo)) is named, but no chart: set chart")
      }
      self = .repository(url: pull.repo, chart: pull.chart)
    } else {
      throw Self.refusal(
        "the repository \"\(Redaction.url(pull.repo))\" is no address: it has to begin with http://, https:// or oci://"
      )
    }
  }

  /// Whether both addresses have the same scheme, host and port: only then does one's server get the other's credentials.
  static func isSameOrigin(_ one: String, _ other: String) -> Bool {
    guard let one = origin(one), let other = origin(other) else { return false }
    return one == other
  }

  /// An address in a repository's index, which may be relative to the repository's; nil if it is none for HTTP.
  static func resolve(_ reference: String, in repository: String) -> String? {
    guard var base = URLComponents(string: repository) else { return nil }
    let query = base.percentEncodedQuery
    base.percentEncodedQuery = nil
    while base.percentEncodedPath.hasSuffix("/") { base.percentEncodedPath.removeLast() }
    base.percentEncodedPath += "/"
    guard let baseURL = base.url, let resolved = URL(string: reference, relativeTo: baseURL)?.absoluteURL,
      var components = URLComponents(url: resolved, resolvingAgainstBaseURL: true)
    else { return nil }
    if let query, URL(string: reference)?.scheme == nil { components.percentEncodedQuery = query }
    return components.string.flatMap { isHTTP($0) ? $0 : nil }
  }

  private static func origin(_ url: String) -> [String]? {
    guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased(),
      let host = components.host?.lowercased(), !host.isEmpty
    else { return nil }
    return [scheme, host, "\(components.port ?? (scheme == "https" ? 443 : 80))"]
  }

  private static func isRegistry(_ url: String) -> Bool { url.hasPrefix("oci://") }

  private static func isHTTP(_ url: String) -> Bool {
    let url = url.prefix(8).lowercased()
    return url.hasPrefix("http://") || url.hasPrefix("https://")
  }

  /// `chart` continues the path of `repo`, unless that names the chart already.
  private static func reference(repo: String, chart: String) -> String {
    if isRegistry(chart) { return chart }
    let repo = String(repo.reversed().drop { $0 == "/" }.reversed())
    return chart.isEmpty || repo.hasSuffix("/\(chart)") ? repo : "\(repo)/\(chart)"
  }

  private static func host(_ url: String, _ pull: ChartPull) throws(HelmError) -> String {
    guard let components = URLComponents(string: url), let host = components.host, !host.isEmpty else {
      throw refusal("\"\(Redaction.url(url))\" is no address that could be asked: correct it")
    }
    return components.port.map { "\(host):\($0)" } ?? host
  }

  private static func refusal(_ reason: String) -> HelmError {
    HelmError(code: .invalidArgument, message: "the chart cannot be fetched: \(reason)")
  }
}

extension ChartPull {
  /// The chart in messages, without secrets: `chart web (version ^1.2) from https://charts.example.com`.
  var displayName: String {
    let version = version.isEmpty ? "" : " (version \(version))"
    return "chart \(Redaction.url(chart.isEmpty ? repo : chart))\(version)"
      + (repo.isEmpty || chart.isEmpty ? "" : " from \(Redaction.url(repo))")
  }
}
