import Fleet
import Foundation
import GitSource
import HelmEngine
import Logging
import Store

/// Fetches the charts that bundles take from elsewhere (fleet-behaviour §2.5): from chart repositories, OCI registries, plain
/// archives and git. One is for a whole process: it fetches equal charts once, however many bundles ask, and keeps them on
/// disk.
///
/// An exact version is fetched once. A constraint, and whatever else may mean another chart tomorrow, is asked again after
/// ``Limits/chartRefreshSeconds``. A chart that cannot be fetched is an error, never an older one that happens to be here.
public struct ChartSupplier: Sendable {
  /// Asks a chart server; as `HelmWorkers.pull` does.
  typealias Pull = @Sendable (ChartPull) async throws -> PulledChart

  let pull: Pull
  let cache: ChartCache
  let git: GitCharts
  let now: @Sendable () -> Int64
  let logger: Logger
  let flights = ChartFlights()
  let slots = FetchSlots(total: Limits.chartFetches, perServer: Limits.chartFetchesPerServer)
  let files = BlockingWork(label: "flotilla.manager.charts", width: Limits.chartReaders)

  /// A supplier.
  ///
  /// - Parameters:
  ///   - workers: fetch from chart repositories, registries and archives, in confined children.
  ///   - cacheDirectory: where fetched charts are kept, up to ``Limits/chartCacheBytes``; made when needed. Processes may share it.
  ///   - gitDirectory: below it, in `.charts`, lie the mirrors of repositories that charts come from.
  ///   - logger: says what is fetched, and what keeps charts from being kept.
  public init(workers: HelmWorkers, cacheDirectory: String, gitDirectory: String, logger: Logger) {
    self.init(
      cacheDirectory: cacheDirectory, gitDirectory: gitDirectory, logger: logger,
      now: { Int64(Date().timeIntervalSince1970) }, pull: { try await workers.pull($0) })
  }

  init(
    cacheDirectory: String, gitDirectory: String, logger: Logger, now: @escaping @Sendable () -> Int64,
    pull: @escaping Pull
  ) {
    self.pull = pull
    self.now = now
    self.logger = logger
    cache = ChartCache(directory: cacheDirectory)
    git = GitCharts(directory: gitDirectory + "/.charts", files: files, logger: logger)
  }

  /// Fetches charts: one result for each request's key, a chart or why there is none. Errors name what to do, and no secrets.
  ///
  /// - Parameters:
  ///   - requests: what a build needs.
  ///   - sources: credentials and whom they are for.
  ///   - fresh: asks the servers whatever the cache holds.
  ///   - bytes: how much the charts may come to in memory; those beyond fail by the limit's name.
  ///   - progress: is told what is being fetched.
  public func supply(
    _ requests: [ChartRequest], sources: ChartSources, fresh: Bool, bytes: Int = Limits.chartBytesPerBuild,
    progress: @escaping ChartProgress = { _ in }
  ) async -> SuppliedCharts {
    var waiting = Self.grouped(requests)[...]
    var supplied: SuppliedCharts = [:]
    var bytesLeft = bytes
    await withTaskGroup(of: Answer.self) { group in
      for _ in 0..<Limits.chartFetches {
        guard let next = waiting.popFirst() else { break }
        group.addTask { await answer(next, sources, fresh, progress) }
      }
      while let answer = await group.next() {
        supplied[answer.key] = Self.within(&bytesLeft, of: bytes, answer.outcome)
        if let next = waiting.popFirst() {
          group.addTask { await self.answer(next, sources, fresh, progress) }
        }
      }
    }
    return supplied
  }

  /// A struct, since the optimised build reads tuples of task groups wrongly.
  private struct Answer: Sendable {
    let key: String
    let outcome: ChartFlights.Outcome
  }

  /// Requests that are answered by one chart: they differ in the directories that ask, and so perhaps in credentials.
  private static func grouped(_ requests: [ChartRequest]) -> [[ChartRequest]] {
    var groups: [String: [ChartRequest]] = [:]
    for request in requests { groups[request.key, default: []].append(request) }
    return groups.sorted { $0.key < $1.key }.map { $0.value.sorted { $0.path < $1.path } }
  }

  /// The first of several equal requests that succeeds answers all; otherwise the first one's error does.
  private func answer(
    _ requests: [ChartRequest], _ sources: ChartSources, _ fresh: Bool, _ progress: @escaping ChartProgress
  ) async -> Answer {
    var tried: Set<ChartIdentity> = []
    var failure: FleetError?
    for request in requests {
      do {
        let question = try Question(request, sources)
        guard tried.insert(question.identity).inserted else { continue }
        let outcome = await flights.outcome(question.identity, fresh: fresh) {
          await load(question, fresh: fresh, progress)
        }
        return Answer(key: request.key, outcome: .success(try outcome.get()))
      } catch {
        failure = failure ?? sources.access.explain(error, for: request)
      }
    }
    let error = failure ?? FleetError(.chartUnavailable, "nobody asked for it")
    return Answer(key: requests.first?.key ?? "", outcome: .failure(error))
  }

  private static func within(
    _ bytesLeft: inout Int, of limit: Int, _ outcome: ChartFlights.Outcome
  ) -> ChartFlights.Outcome {
    guard case .success(let chart) = outcome else { return outcome }
    guard chart.bytes <= bytesLeft else {
      return .failure(
        FleetError(
          .limitExceeded,
          "the charts of this repository have more than \(limit) bytes together (chartBytesPerBuild); spread the"
            + " bundles over several GitRepos"))
    }
    bytesLeft -= chart.bytes
    return outcome
  }

  /// Any error as one of a bundle's.
  static func error(_ error: any Error) -> FleetError {
    switch error {
    case let error as FleetError: error
    case let error as GitError: FleetError(.chartUnavailable, error.message, cause: error)
    case let error as HelmError: FleetError(.chartUnavailable, error.message, cause: error)
    default: FleetError(.chartUnavailable, "\(error)", cause: error)
    }
  }
}
