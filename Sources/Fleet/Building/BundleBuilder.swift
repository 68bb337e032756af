import Document

/// Turns a repository's tree into bundles (fleet-behaviour §2). Pure: charts from elsewhere are asked for and handed in.
///
/// A directory that fails is reported by name and touches no other: all other bundles are made, and
/// ``BuildResult/mayPrune(_:)`` keeps the bundle that the directory had before.
public struct BundleBuilder {
  private let index: TreeIndex
  private let repository: String
  private let options: BuildOptions
  private let charts: SuppliedCharts
  private var result = BuildResult()
  private var directoriesByName: [String: String] = [:]

  /// Builds all bundles of a repository.
  ///
  /// - Parameters:
  ///   - repository: the name that bundle names begin with: the GitRepo's, or the command line's.
  ///   - tree: the commit's files.
  ///   - paths: directories and globs to scan; empty means the root.
  ///   - options: what is added to every bundle.
  ///   - charts: charts from elsewhere, by ``ChartRequest/key``; see ``BuildResult/needs``.
  public static func build(
    repository: String, tree: any SourceTree, paths: [String] = [], options: BuildOptions = BuildOptions(),
    charts: SuppliedCharts = [:]
  ) -> BuildResult {
    let index: TreeIndex
    do {
      index = try TreeIndex(tree)
    } catch {
      return BuildResult(failures: [BuildFailure(path: "", bundleName: nil, error: error)])
    }
    var builder = BundleBuilder(index: index, repository: repository, options: options, charts: charts)
    builder.run(paths: paths.isEmpty ? ["."] : paths)
    return builder.result
  }

  private init(index: TreeIndex, repository: String, options: BuildOptions, charts: SuppliedCharts) {
    self.index = index
    self.repository = repository
    self.options = options
    self.charts = charts
  }

  private mutating func run(paths: [String]) {
    let jobs = options.drivenBundles.isEmpty ? scannedJobs(paths) : drivenJobs()
    for job in jobs {
      guard result.bundles.count < Limits.bundlesPerRepository else {
        let error = FleetError(
          .limitExceeded,
          "the repository has more than \(Limits.bundlesPerRepository) bundles (bundlesPerRepository)")
        result.failures.append(BuildFailure(path: job.directory.path, bundleName: nil, error: error))
        break
      }
      make(job)
    }
    result.bundles.sort { $0.metadata.name < $1.metadata.name }
    if result.bundles.isEmpty, result.failures.isEmpty {
      let shown =
        options.drivenBundles.isEmpty ? paths : options.drivenBundles.map(\.base)
      let error = FleetError(
        .noResources, "no resource found at the following paths to deploy: [\(shown.joined(separator: " "))]")
      result.failures.append(BuildFailure(path: "", bundleName: nil, error: error))
    }
  }

  private struct Job: Hashable {
    let directory: BundleScanner.Directory
    /// The options file of a user-driven scan; nil for fleet.yaml.
    let optionsFile: String?
  }

  private mutating func scannedJobs(_ paths: [String]) -> [Job] {
    var scanner = BundleScanner(index: index)
    var jobs: [Job] = []
    var seen: Set<String> = []
    for path in paths {
      do {
        let expansion = try scanner.expand(path)
        if expansion.matches == 0 {
          result.warnings.append(
            BuildWarning(path: Paths.clean(path), message: "the repository has no such directory at this commit"))
        }
        for directory in expansion.directories where seen.insert(directory.path).inserted {
          jobs.append(Job(directory: directory, optionsFile: options.configurationFile))
        }
      } catch {
        result.failures.append(BuildFailure(path: path, bundleName: nil, error: error))
      }
    }
    return jobs.sorted { $0.directory.path.utf8.lexicographicallyPrecedes($1.directory.path.utf8) }
  }

  private mutating func drivenJobs() -> [Job] {
    var jobs: [Job] = []
    for driven in options.drivenBundles {
      let file = driven.options.isEmpty ? nil : driven.options
      let name = Names.bundle(repository: repository, path: driven.base, options: file)
      do throws(FleetError) {
        guard let path = Paths.resolve(driven.base), let found = try index.resolve(path, within: ""),
          index.isDirectory(found.node)
        else { throw FleetError(.missingFile, "the repository has no such directory at this commit") }
        jobs.append(
          Job(directory: BundleScanner.Directory(path: found.path, node: found.node), optionsFile: file))
      } catch {
        result.failures.append(BuildFailure(path: driven.base, bundleName: name, error: error))
      }
    }
    return jobs
  }

  private mutating func make(_ job: Job) {
    var assembly = BundleAssembly(
      index: index, directory: job.directory, repository: repository, options: options,
      optionsFile: job.optionsFile, isDriven: !options.drivenBundles.isEmpty, charts: charts)
    do {
      let bundle = try assembly.bundle()
      if let bundle {
        try add(bundle, from: job.directory.path)
        result.imageScans += assembly.imageScans
      }
    } catch {
      result.failures.append(
        BuildFailure(path: job.directory.path, bundleName: assembly.bundleName, error: error))
    }
    result.warnings += assembly.warnings
    for request in assembly.needs where !result.needs.contains(request) { result.needs.append(request) }
  }

  private mutating func add(_ bundle: Bundle, from path: String) throws(FleetError) {
    if let other = directoriesByName.updateValue(path, forKey: bundle.metadata.name) {
      throw FleetError(
        .duplicateBundle,
        "\(Paths.display(other)) and \(Paths.display(path)) both make the bundle"
          + " \(bundle.metadata.name); give one of them another `name` in its fleet.yaml")
    }
    result.bundles.append(bundle)
  }
}
