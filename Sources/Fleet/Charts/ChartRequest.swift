/// A chart that is not in the repository and that the caller has to supply (fleet-behaviour §2.5).
public struct ChartRequest: Sendable, Hashable {
  /// What the chart is for.
  public enum Purpose: Sendable, Hashable {
    /// The bundle is this chart.
    case chart
    /// A chart of the bundle depends on it; the associated text is the dependent's Chart.yaml, as a path in the repository.
    case dependency(of: String)
  }

  /// The chart's name in ``repo``, or its address. Empty where ``repo`` is the whole address of a chart in an OCI registry.
  public let chart: String
  /// The chart repository, or `oci://...` with the chart's name; empty when ``chart`` is an address.
  public let repo: String
  /// The version or constraint; empty for the newest.
  public let version: String
  /// The directory of the bundle that asks (`.` for the root), for credentials by path.
  public let path: String
  /// What the chart is for.
  public let purpose: Purpose

  /// A request.
  public init(chart: String, repo: String, version: String, path: String = "", purpose: Purpose = .chart) {
    self.chart = chart
    self.repo = repo
    self.version = version
    self.path = path
    self.purpose = purpose
  }

  /// By which a fetched chart is handed in, and by which a bundle's chart is named in the bundle: its files stand below
  /// `.chart/<key>/`. It is a hash of what is written, so a constraint keeps its key when a newer version satisfies it.
  public var key: String { Digests.sha256Hex("\(chart):\(repo):\(version)") }

  /// The Chart.yaml that depends on the chart; nil where the bundle asks itself.
  var dependent: String? {
    guard case .dependency(let file) = purpose else { return nil }
    return file
  }

  /// How the chart is called in messages, without passwords.
  public var displayName: String {
    let source = repo.isEmpty ? "" : "from \(URLRedaction.redacted(repo))"
    return [URLRedaction.redacted(chart), version, source].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

/// A chart that the caller fetched.
public struct SuppliedChart: Sendable, Hashable {
  /// A file's path and bytes.
  public struct File: Sendable, Hashable {
    /// The path relative to the chart's directory.
    public let path: String
    /// The contents.
    public let bytes: [UInt8]

    /// A file.
    public init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// The chart's name, as its Chart.yaml says.
  public let name: String
  /// The chart's version, as its Chart.yaml says.
  public let version: String
  /// The chart's files, see ``ChartArchiveReader``.
  public let files: [File]
  /// The `.tgz` as it was served.
  public let archive: [UInt8]

  /// A chart.
  public init(name: String, version: String, files: [File], archive: [UInt8]) {
    self.name = name
    self.version = version
    self.files = files
    self.archive = archive
  }
}

/// Charts that the caller has fetched, or could not fetch, by ``ChartRequest/key``.
public typealias SuppliedCharts = [String: Result<SuppliedChart, FleetError>]
