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

/// What a repository yields.
public struct BuildResult: Sendable {
  /// The bundles, sorted by directory.
  public var bundles: [Bundle] = []
  /// Directories that could not become a bundle.
  public var failures: [BuildFailure] = []
  /// Things that are odd but do no harm.
  public var warnings: [BuildWarning] = []
  /// ImageScan objects of the bundles, where ``BuildOptions/imageScans`` allows them.
  public var imageScans: [Value] = []
  /// Charts that are missing: fetch them and build again. Each asking bundle is also among ``failures``. One chart may be
  /// asked for by several directories: a fetch with any one's credentials serves all that have the same
  /// ``ChartRequest/key``. Charts that were fetched may lack dependencies, which the next build asks for.
  public var needs: [ChartRequest] = []

  /// A result of bundles that are there already, and of directories that failed.
  public init(bundles: [Bundle] = [], failures: [BuildFailure] = []) {
    self.bundles = bundles
    self.failures = failures
  }

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
