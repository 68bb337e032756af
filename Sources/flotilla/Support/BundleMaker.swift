import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import Manager

/// Makes bundles of a directory as the manager makes them of a commit, charts from elsewhere included.
struct BundleMaker {
  let logger: Logger
  var sources = ChartSources()
  /// Ask chart servers whatever was fetched before.
  var fresh = false

  /// Everything that the directory yields; says what is slow, and warns of what is odd.
  func make(
    repository: String, directory: String, paths: [String], options: BuildOptions
  ) async throws -> BuildResult {
    Notices.begin("reading \(directory)", logger)
    defer { Notices.end(logger) }
    let walked = options.drivenBundles.isEmpty ? paths : options.drivenBundles.map(\.base)
    let tree = try DirectorySourceTree(directory, paths: walked)
    let workers = HelmWorkers(command: .ownExecutable())
    let cache = Self.cacheDirectory
    let supplier = ChartSupplier(
      workers: workers, cacheDirectory: cache + "/charts", gitDirectory: cache + "/git", logger: logger)
    let logger = logger
    let result = await BundleBuild.build(
      repository: repository, tree: tree, paths: paths, options: options, supplier: supplier, sources: sources,
      fresh: fresh, progress: { Notices.begin($0, logger) })
    await workers.stop()
    Notices.end(logger)
    for warning in result.warnings { Notices.warn("\(warning)") }
    return result
  }

  /// `$XDG_CACHE_HOME/flotilla`, else `~/.cache/flotilla`.
  private static var cacheDirectory: String {
    let environment = ProcessInfo.processInfo.environment
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/flotilla" }
    return (environment["HOME"] ?? NSTemporaryDirectory()) + "/.cache/flotilla"
  }
}

/// Renders `${ }` templates in values with Helm's own engine in a confined child, started at the first template.
struct ValueTemplates: ValueTemplateEngine {
  let workers: HelmWorkers

  func render(_ template: String, context: Value) async throws -> String {
    try await workers.renderValues(template, context: context)
  }
}
