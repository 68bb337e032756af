import Fleet
import Foundation
import GitSource
import Logging
import Store

/// Charts that are directories of other git repositories (fleet-behaviour §2.5), read from mirrors of their own.
///
/// A mirror belongs to an address and its credentials, so that nobody reads what others' credentials brought.
struct GitCharts: Sendable {
  /// Where the mirrors are.
  let directory: String
  let files: BlockingWork
  let logger: Logger

  /// What to read: an address in git.
  struct Source: Sendable {
    let url: String
    let reference: String?
    let subdirectory: String
    let credentials: HelmCredentials?
    let knownHosts: String?
  }

  /// The commit that the address means now, fetched.
  func fetch(_ source: Source) async throws(GitError) -> String {
    let remote = try Self.remote(source)
    let mirror = mirror(source)
    await makeRoom(for: mirror)
    guard let reference = source.reference else {
      let references = try await GitMirror.references(of: remote, limits: Self.limits)
      guard let head = references.objects["HEAD"] else {
        throw GitError(
          .referenceNotFound, "the server of \(remote) names no default branch; add ?ref=BRANCH to the address")
      }
      return try await mirror.fetch(.revision(head), from: remote)
    }
    return try await mirror.fetch(.revision(reference), from: remote)
  }

  /// Whether a commit is here already.
  func contains(_ commit: String, _ source: Source) async -> Bool { await mirror(source).contains(commit) }

  /// The chart in a commit that is here.
  func chart(_ commit: String, _ source: Source) async throws -> SuppliedChart {
    let mirror = mirror(source)
    await files.perform { ChartFiles.touch(mirror.directory) }
    let read = try await mirror.withTree(of: commit) { tree throws(GitError) in
      Result { () throws(FleetError) in try GitChartReader(tree: tree, root: source.subdirectory).chart() }
    }
    return try read.get()
  }

  /// Removes the mirrors that nobody has used for long, where there are too many.
  private func makeRoom(for mirror: GitMirror) async {
    let directory = directory
    let old = await files.perform { () -> [String] in
      ChartFiles.touch(mirror.directory)
      let mirrors = ChartFiles.entries(directory)
      return mirrors.prefix(max(0, mirrors.count - Limits.chartMirrors))
        .filter { $0.used.timeIntervalSinceNow < -Double(Limits.chartMirrorSeconds) }.map(\.name)
    }
    for name in old {
      do {
        try await GitMirror(directory: directory + "/" + name, logger: logger).remove()
      } catch {
        logger.warning("a mirror of a chart's repository cannot be removed", metadata: ["error": "\(error)"])
      }
    }
  }

  private func mirror(_ source: Source) -> GitMirror {
    let identity = ChartIdentity(
      address: .git(url: source.url, reference: nil, subdirectory: ""), version: "", credentials: source.credentials)
    return GitMirror(directory: directory + "/" + identity.key, limits: Self.limits, logger: logger)
  }

  private static let limits: GitLimits = {
    var limits = GitLimits.default
    limits.fetchBytes = Limits.chartMirrorBytes
    return limits
  }()

  private static func remote(_ source: Source) throws(GitError) -> GitRemote {
    let credentials = source.credentials ?? HelmCredentials()
    var remote = try GitRemote(
      url: source.url, knownHosts: source.knownHosts,
      caBundle: credentials.caCertificates.isEmpty ? nil : credentials.caCertificates,
      insecureSkipTLSVerify: credentials.insecureSkipTLSVerify)
    if remote.url.scheme == .ssh, !credentials.sshPrivateKey.isEmpty {
      remote.credentials = .ssh(privateKey: credentials.sshPrivateKey)
    } else if !credentials.password.isEmpty {
      remote.credentials = .basic(username: credentials.username, password: credentials.password)
    }
    return remote
  }
}
