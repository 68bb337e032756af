import Fleet
import GitSource

/// Where a chart's files are, taken apart and found acceptable (fleet-behaviour §2.5). Pure: nobody is asked.
///
/// Descriptions show neither passwords nor query strings.
enum ChartAddress: Sendable, Hashable {
  /// A chart by its name in a chart repository over HTTP.
  case repository(url: String, chart: String)
  /// A chart in an OCI registry: `oci://host/path/chart`, perhaps with a tag or digest.
  case registry(url: String)
  /// A chart's archive over HTTP.
  case archive(url: String)
  /// A directory of a git repository; no reference means the commit that the server's HEAD names.
  case git(url: String, reference: String?, subdirectory: String)

  /// Reads what a bundle or a Chart.yaml says.
  ///
  /// - Throws: `FleetError` with code `chartUnavailable` that says which forms there are.
  init(_ request: ChartRequest) throws(FleetError) {
    guard request.repo.isEmpty else {
      self = try Self.inRepository(request)
      return
    }
    guard request.chart.utf8.count <= Limits.chartAddressBytes else {
      throw Self.refusal("the address has more than \(Limits.chartAddressBytes) bytes (chartAddressBytes)")
    }
    guard !request.chart.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7F }) else {
      throw Self.refusal("the address contains a space or a control character")
    }
    self = try Self.parse(request.chart)
  }

  private static func inRepository(_ request: ChartRequest) throws(FleetError) -> ChartAddress {
    let repo = request.repo.hasSuffix("/") ? String(request.repo.dropLast()) : request.repo
    switch scheme(of: repo) {
    case "oci":
      // Helm's dependencies name the registry's directory; a bundle may name the chart itself.
      let isWhole = request.chart.isEmpty || (request.purpose == .chart && repo.hasSuffix("/" + request.chart))
      return .registry(url: isWhole ? repo : repo + "/" + request.chart)
    case "http", "https":
      guard !request.chart.isEmpty else {
        throw refusal("`repo` is a chart repository, so `chart` must name a chart in it")
      }
      return .repository(url: repo, chart: request.chart)
    default:
      throw refusal("charts are fetched from repositories at https://, http:// and oci://")
    }
  }

  private static func parse(_ text: String) throws(FleetError) -> ChartAddress {
    var forced = ""
    var address = Substring(text)
    // A prefix, not the colons of an IPv6 address.
    if let separator = text.firstRange(of: "::"),
      text[..<separator.lowerBound].allSatisfy({ $0.isLetter || $0.isNumber })
    {
      forced = text[..<separator.lowerBound].lowercased()
      address = text[separator.upperBound...]
    }
    let (source, subdirectory, query) = try split(address)
    switch forced {
    case "git", "ssh": return try git(source, subdirectory, query)
    case "", "http", "https": break
    default: throw refusal("addresses of the form \(forced):: are not served")
    }
    switch scheme(of: source) {
    case "oci":
      return .registry(url: source)
    case "http", "https":
      guard subdirectory.isEmpty else {
        throw refusal(
          "a directory inside an archive is not served; name the archive of the chart itself, or its git repository with"
            + " git::")
      }
      return .archive(url: source + (query.isEmpty ? "" : "?" + query))
    case "ssh", "git":
      return try git(source, subdirectory, query)
    case nil: break
    case let other?: throw refusal("addresses of the form \(other):// are not served")
    }
    if let host = ["github.com/", "gitlab.com/", "bitbucket.org/"].first(where: { source.hasPrefix($0) }) {
      return try hosted(source, host: host, subdirectory, query)
    }
    guard let at = source.firstIndex(of: "@"), at != source.startIndex, source[at...].contains(":") else {
      throw refusal(
        "it is not in the bundle's directory, and it is no address either: name a directory with a Chart.yaml, set"
          + " `repo`, or use https://…/chart.tgz, oci://… or git::https://…//directory?ref=…")
    }
    return try git(source, subdirectory, query)
  }

  /// `host/owner/name[/directory]`.
  private static func hosted(
    _ source: String, host: String, _ subdirectory: String, _ query: String
  ) throws(FleetError) -> ChartAddress {
    let parts = source.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, !parts[1].isEmpty, !parts[2].isEmpty else {
      throw refusal("an address at \(host.dropLast()) has the form \(host)owner/repository[//directory]")
    }
    let name = parts[2].hasSuffix(".git") ? parts[2] : parts[2] + ".git"
    let inner = parts.count > 3 ? try clean(parts[3]) : ""
    let directory = [inner, subdirectory].filter { !$0.isEmpty }.joined(separator: "/")
    return try git("https://\(parts[0])/\(parts[1])/\(name)", directory, query)
  }

  private static func git(
    _ source: String, _ subdirectory: String, _ query: String
  ) throws(FleetError) -> ChartAddress {
    var reference: String?
    for parameter in query.split(separator: "&") {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      switch parts[0] {
      case "ref": reference = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : nil
      // Only what is wanted is fetched anyway.
      case "depth": break
      case "sshkey":
        throw refusal(
          "a private key does not belong into an address; put it into the Secret of helmSecretName, as ssh-privatekey")
      default: throw refusal("the parameter \(parts[0].prefix(32)) is not known; there are `ref` and `depth`")
      }
    }
    let url: GitURL
    do { url = try GitURL(source) } catch { throw refusal(error.message) }
    guard url.scheme != .file else {
      throw refusal("directories of the manager's own machine are not served; use https:// or ssh://")
    }
    return .git(url: source, reference: reference, subdirectory: subdirectory)
  }

  /// Separates `//directory` and `?query` from the rest.
  private static func split(
    _ text: Substring
  ) throws(FleetError) -> (source: String, subdirectory: String, query: String) {
    let mark = text.firstIndex(of: "?") ?? text.endIndex
    let query = text[mark...].dropFirst()
    let path = text[..<mark]
    let start = path.firstRange(of: "://")?.upperBound ?? path.startIndex
    guard let separator = path[start...].firstRange(of: "//") else { return (String(path), "", String(query)) }
    return (String(path[..<separator.lowerBound]), try clean(path[separator.upperBound...]), String(query))
  }

  /// A directory's path in its one spelling.
  private static func clean(_ path: Substring) throws(FleetError) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw refusal("its directory leads out of the repository with `..`") }
    return parts.joined(separator: "/")
  }

  private static func scheme(of text: String) -> String? {
    text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
  }

  private static func refusal(_ message: String) -> FleetError { FleetError(.chartUnavailable, message) }
}

extension ChartAddress: CustomStringConvertible {
  /// The address without passwords and query strings, for messages.
  var description: String {
    switch self {
    case .repository(let url, let chart): "\(chart) from \(URLRedaction.redacted(url))"
    case .registry(let url), .archive(let url): URLRedaction.redacted(url)
    case .git(let url, let reference, let subdirectory):
      "git::" + URLRedaction.redacted(url) + (subdirectory.isEmpty ? "" : "//" + subdirectory)
        + (reference.map { "?ref=" + $0 } ?? "")
    }
  }
}
