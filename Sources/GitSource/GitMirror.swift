import CGit2
import Foundation
import Logging

/// A bare copy of one repository in a directory of this machine. Only what a wanted commit needs is fetched, and nothing is ever
/// checked out. Operations on one mirror wait for one another; different mirrors do not.
public final class GitMirror: Sendable {
  /// The directory. It is made by the first fetch, and may be deleted at any time when no operation runs.
  public let directory: String
  private let limits: GitLimits
  private let logger: Logger

  /// How long one fetch may take in all; it also ends when the server is silent for the remote's timeout.
  public static let fetchTime = Duration.seconds(600)

  /// A mirror in a directory, which need not exist.
  public init(
    directory: String, limits: GitLimits = .default, logger: Logger = Logger(label: "flotilla.git")
  ) {
    self.directory = directory
    self.limits = limits
    self.logger = logger
  }

  /// What the server says its references are, without fetching anything.
  public static func references(of remote: GitRemote, limits: GitLimits = .default) async throws(GitError)
    -> GitReferences
  {
    try await GitOperation.perform("list the references", remote, limits: limits, total: remote.timeout) {
      operation throws(GitError) in try GitConnection.open(operation).references()
    }
  }

  /// The commit that a revision means on the server now (fleet-behaviour §7.2). A commit's full id is returned as it is,
  /// without asking anybody.
  public static func resolve(_ revision: GitRevision, of remote: GitRemote, limits: GitLimits = .default)
    async throws(GitError) -> String
  {
    if let commit = revision.commit { return commit }
    return try await references(of: remote, limits: limits).resolve(revision, in: remote.description).commit
  }

  /// Fetches the commit that a revision means, unless it is here already.
  /// - Returns: the commit's hexadecimal id.
  public func fetch(_ revision: GitRevision, from remote: GitRemote) async throws(GitError) -> String {
    let started = ContinuousClock.now
    let commit = try await GitOperation.perform(
      "fetch \(revision)", remote, limits: limits, total: Self.fetchTime, exclusive: directory
    ) { [directory] operation throws(GitError) in
      try GitFetch(operation, directory: directory).run(revision)
    }
    logger.debug(
      "fetched",
      metadata: [
        "repository": "\(remote)", "revision": "\(revision)", "commit": "\(commit)",
        "duration": "\(ContinuousClock.now - started)",
      ])
    tidy()
    return commit
  }

  /// Makes one pack of many, after the fetch has been answered and before the next one.
  private func tidy() {
    guard GitPacks.count(in: directory) > limits.packs else { return }
    Task { [directory, logger] in
      let result = await GitThreads.network.perform(in: [.init(name: "mirror \(directory)", limit: 1)]) {
        Result { () throws(GitError) in try GitPacks.consolidate(directory) }
      }
      guard case .failure(let error) = result else { return }
      logger.warning("the mirror cannot be packed", metadata: ["directory": "\(directory)", "error": "\(error)"])
    }
  }

  /// Whether the commit has been fetched.
  public func contains(_ commit: String) async -> Bool {
    let result = await GitThreads.local.perform { [directory] in
      Result { () throws(GitError) in
        try GitLibrary.start()
        guard let id = git_oid(hex: commit) else { return false }
        let repository = try GitHandle.repository(at: directory)
        _ = try GitHandle.commit(id, in: repository.pointer)
        return true
      }
    }
    return (try? result.get()) ?? false
  }

  /// The files of a commit that has been fetched. Throws ``GitError/Code/corrupt`` when it has not.
  public func tree(of commit: String) async throws(GitError) -> GitTree {
    try await withTree(of: commit) { tree throws(GitError) in tree }
  }

  /// Does something with a commit's files on a thread that may block, where ``GitTree/contents(of:)`` can be called freely.
  public func withTree<T: Sendable>(
    of commit: String, _ body: @escaping @Sendable (GitTree) throws(GitError) -> T
  ) async throws(GitError) -> T {
    try await GitThreads.local.perform { [directory, limits] in
      Result { () throws(GitError) in
        try GitLibrary.start()
        let reader = try GitObjectReader(mirror: directory, commit: commit, limits: limits)
        return try body(GitTree(commit: commit, entries: try reader.entries(), reader: reader))
      }
    }.get()
  }

  /// Deletes the mirror's directory, after the operations under way. The next fetch makes it anew: the way out of ``GitError/Code/corrupt``.
  public func remove() async throws(GitError) {
    try await GitThreads.network.perform(in: [.init(name: "mirror \(directory)", limit: 1)]) { [directory] in
      Result { () throws(GitError) in
        do {
          try FileManager.default.removeItem(atPath: directory)
        } catch CocoaError.fileNoSuchFile {
          return
        } catch {
          throw GitError(.storage, "cannot delete the mirror \(directory): \(error.localizedDescription)", cause: error)
        }
      }
    }.get()
  }
}
