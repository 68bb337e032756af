import Fleet
import Foundation
import GitSource
import Logging
import Store

/// Reads commits of GitRepos into Bundles: asks the remote, fetches what is new into the GitRepo's own bare mirror, and builds
/// straight from the commit's tree (fleet-behaviour §2.6, §7.2).
///
/// Each GitRepo has a mirror of its own, so that no tenant reads another's objects by guessing a commit.
struct GitBundleBuilder: Sendable {
  /// Where mirrors are: `<directory>/<namespace>/<name>`.
  let directory: String
  /// Fetches charts from elsewhere; nil fetches none.
  let charts: ChartSupplier?
  let logger: Logger

  /// The commit a GitRepo means now, by asking its server; a full commit id is taken as it is.
  func resolve(_ repo: GitRepo, remote: GitRemote) async throws(GitError) -> String {
    try await GitMirror.resolve(Self.revision(repo), of: remote)
  }

  /// The Bundles of a commit that the server has, with the charts that they take from elsewhere.
  ///
  /// `fresh` asks chart servers whatever was fetched before; `progress` is told what the build waits for.
  func build(
    _ repo: GitRepo, name: ObjectName, remote: GitRemote, commit: String, sources: ChartSources, fresh: Bool,
    progress: @escaping ChartProgress
  ) async throws(GitError) -> BuildResult {
    let mirror = GitMirror(directory: path(name), logger: logger)
    // A branch may have moved on since it was asked; what was announced is what is built.
    if !(await mirror.contains(commit)) {
      _ = try await mirror.fetch(Self.revision(repo), from: remote)
      if !(await mirror.contains(commit)) { _ = try await mirror.fetch(.revision(commit), from: remote) }
    }
    // While charts are fetched, the mirror's threads are others'.
    return try await BundleBuild.build(
      repository: name.name, paths: repo.spec.paths, options: BuildOptions(gitRepo: repo, commit: commit),
      supplier: charts, sources: sources, fresh: fresh, progress: progress
    ) { body throws(GitError) in
      try await mirror.withTree(of: commit) { tree throws(GitError) in body(GitSourceTree(tree: tree)) }
    }
  }

  /// Removes the mirror of a GitRepo that is gone.
  func forget(_ name: ObjectName) throws {
    let path = path(name)
    guard FileManager.default.fileExists(atPath: path) else { return }
    try FileManager.default.removeItem(atPath: path)
  }

  private static func revision(_ repo: GitRepo) -> GitRevision {
    GitRevision(branch: repo.spec.branch, revision: repo.spec.revision)
  }

  private func path(_ name: ObjectName) -> String { "\(directory)/\(name.namespace)/\(name.name)" }
}

/// A commit's tree as the bundle builder reads it.
private struct GitSourceTree: SourceTree {
  let tree: GitTree

  var entries: [SourceEntry] {
    tree.entries.map { entry in
      let kind: SourceEntry.Kind =
        switch entry.kind {
        case .file: .file
        case .executable: .executable
        case .symlink: .symlink
        case .submodule: .submodule
        }
      return SourceEntry(path: entry.path, kind: kind, size: entry.size)
    }
  }

  func contents(of path: String) throws -> [UInt8] { try tree.contents(of: path) }
}
