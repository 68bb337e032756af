import Document

/// Something odd in a repository that does no harm; shown to the user.
public struct BuildWarning: Sendable, Hashable, CustomStringConvertible {
  /// The bundle's directory; empty at the root.
  public let path: String
  /// The file that it is about; empty when it is about the directory.
  public let file: String
  /// The line in ``file``, from 1, when it is known.
  public let line: Int?
  /// What is odd and what may have been meant.
  public let message: String

  init(path: String, file: String = "", line: Int? = nil, message: String) {
    self.path = path
    self.file = file
    self.line = line
    self.message = message
  }

  /// `file:line: message`.
  public var description: String {
    let place = file.isEmpty ? Paths.display(path) : file
    return place + (line.map { ":\($0)" } ?? "") + ": " + message
  }
}

/// A directory that could not become a bundle. The other directories are not affected, and the bundle that the
/// directory had before stays as it is.
public struct BuildFailure: Sendable, CustomStringConvertible {
  /// The directory, or the entry of `paths`; empty at the root.
  public let path: String
  /// The bundle's name; nil when it could not be found out.
  public let bundleName: String?
  /// What is wrong.
  public let error: FleetError

  /// What is wrong and where.
  public var description: String {
    error.file == nil ? "\(Paths.display(path)): \(error)" : "\(error)"
  }
}

/// A chart that is not in the repository and that the caller has to supply (fleet-behaviour §2.5).
public struct ChartRequest: Sendable, Hashable {
  /// The chart's name in ``repo``, or its address.
  public let chart: String
  /// The chart repository, or `oci://...`; empty when ``chart`` is an address.
  public let repo: String
  /// The version or constraint; empty for the newest.
  public let version: String
  /// The directory of the bundle that asks, for credentials by path.
  public let path: String

  /// A request.
  public init(chart: String, repo: String, version: String, path: String = "") {
    self.chart = chart
    self.repo = repo
    self.version = version
    self.path = path
  }

  /// By which the chart's files are named in the bundle: they stand below `.chart/<key>/`.
  public var key: String { Digests.sha256Hex("\(chart):\(repo):\(version)") }

  /// How the chart is called in messages.
  public var displayName: String {
    [chart, version, repo.isEmpty ? "" : "from \(repo)"].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

/// The files of a chart that the caller supplied: names relative to the chart's directory.
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

  /// The chart's files.
  public let files: [File]

  /// A chart's files.
  public init(files: [File]) { self.files = files }
}

/// Charts that the caller has fetched, or could not fetch, by ``ChartRequest/key``.
public typealias SuppliedCharts = [String: Result<SuppliedChart, FleetError>]

/// What a repository yields.
public struct BuildResult: Sendable {
  /// The bundles, sorted by directory.
  public var bundles: [Bundle] = []
  /// Directories that could not become a bundle.
  public var failures: [BuildFailure] = []
  /// Things that are odd but do no harm.
  public var warnings: [BuildWarning] = []
  /// Charts that are missing: fetch them and build again. Each asking bundle is also among ``failures``.
  public var needs: [ChartRequest] = []

  /// Whether an existing bundle of this repository, that this build did not make, may be deleted. It may not when it
  /// belongs to a directory that failed, or when some directory failed before its bundle's name was known.
  public func mayPrune(_ name: String) -> Bool {
    !bundles.contains { $0.metadata.name == name }
      && failures.allSatisfy { failure in
        guard failure.error.code != .noResources else { return true }
        return failure.bundleName.map { $0 != name } ?? false
      }
  }

  /// One text for a condition: every failure on a line of its own; empty when there are none.
  public var failureMessage: String { failures.map(\.description).joined(separator: "\n") }
}
