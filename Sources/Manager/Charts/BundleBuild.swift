import Fleet
import Store

/// Builds the bundles of a tree together with the charts that they take from elsewhere: builds, fetches what is missing, and
/// builds again until nothing is (fleet-behaviour §2.5). The manager and `flotilla apply` both do it with this.
public enum BundleBuild {
  /// The bundles of a tree. What could not be fetched fails the directories that need it, and no others.
  ///
  /// While charts are fetched no tree is held open. Charts that need further charts are asked for up to ``Limits/chartRounds`` times.
  ///
  /// - Parameters:
  ///   - repository: the name that bundle names begin with.
  ///   - paths: directories and globs to scan; empty means the root.
  ///   - options: what is added to every bundle.
  ///   - supplier: fetches; nil fetches nothing, and directories that need a chart fail.
  ///   - sources: credentials and whom they are for.
  ///   - fresh: asks chart servers whatever the cache holds.
  ///   - progress: is told what is being fetched.
  ///   - withTree: runs its argument with the tree, on a thread that may block; once for each round.
  public static func build<Failure: Error>(
    repository: String, paths: [String], options: BuildOptions, supplier: ChartSupplier?, sources: ChartSources,
    fresh: Bool = false, progress: @escaping ChartProgress = { _ in },
    withTree: (@escaping @Sendable (any SourceTree) -> BuildResult) async throws(Failure) -> BuildResult
  ) async throws(Failure) -> BuildResult {
    var charts: SuppliedCharts = [:]
    var bytesLeft = Limits.chartBytesPerBuild
    var round = 0
    while true {
      defer { round += 1 }
      let supplied = charts
      let result = try await withTree { tree in
        BundleBuilder.build(repository: repository, tree: tree, paths: paths, options: options, charts: supplied)
      }
      let missing = result.needs.filter { supplied[$0.key] == nil }
      guard let supplier, !missing.isEmpty else { return result }
      let (wanted, refused) = admitted(missing, round: round, known: supplied.count)
      charts.merge(refused) { known, _ in known }
      guard !wanted.isEmpty else { continue }
      let fetched = await supplier.supply(
        wanted, sources: sources, fresh: fresh, bytes: bytesLeft, progress: progress)
      bytesLeft -= fetched.values.reduce(0) { $0 + (((try? $1.get()).map(\.bytes)) ?? 0) }
      charts.merge(fetched) { known, _ in known }
    }
  }

  /// The bundles of a tree that is read without waiting for anybody, such as one in memory.
  public static func build(
    repository: String, tree: any SourceTree, paths: [String] = [], options: BuildOptions = BuildOptions(),
    supplier: ChartSupplier?, sources: ChartSources = ChartSources(), fresh: Bool = false,
    progress: @escaping ChartProgress = { _ in }
  ) async -> BuildResult {
    await build(
      repository: repository, paths: paths, options: options, supplier: supplier, sources: sources, fresh: fresh,
      progress: progress
    ) { body in await trees.perform { body(tree) } }
  }

  private static let trees = BlockingWork(label: "flotilla.build", width: Limits.chartReaders)

  /// Parts what is fetched from what is not, because it would go on for ever or be too much.
  static func admitted(
    _ missing: [ChartRequest], round: Int, known: Int
  ) -> (wanted: [ChartRequest], refused: SuppliedCharts) {
    var wanted: [ChartRequest] = []
    var keys: Set<String> = []
    var refused: SuppliedCharts = [:]
    for request in missing {
      if round >= Limits.chartRounds {
        refused[request.key] = .failure(
          FleetError(
            .limitExceeded, "charts depend on one another more than \(Limits.chartRounds) deep (chartRounds)"))
      } else if !keys.contains(request.key), known + keys.count >= Limits.chartsPerBuild {
        refused[request.key] = .failure(
          FleetError(
            .limitExceeded,
            "the repository takes more than \(Limits.chartsPerBuild) charts from elsewhere (chartsPerBuild); spread"
              + " the bundles over several GitRepos"))
      } else {
        keys.insert(request.key)
        wanted.append(request)
      }
    }
    return (wanted, refused)
  }
}

extension SuppliedChart {
  /// What the chart takes in memory.
  var bytes: Int { files.reduce(archive.count) { $0 + $1.bytes.count } }
}
