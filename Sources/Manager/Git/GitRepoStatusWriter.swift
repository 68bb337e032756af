import Document
import Fleet
import Store

/// Writes what reading a repository came to into its GitRepo's status: commit, `gitJobStatus` and the conditions
/// `GitPolling`, `Accepted`, `Reconciling` and `Stalled` (fleet-behaviour §1.2, §7.3). `Ready` and the summary are others' to write.
/// Nothing is written that says nothing new.
struct GitRepoStatusWriter: Sendable {
  let objects: ObjectRepository
  let key: ObjectKey

  /// What the stored status says was built last.
  static func built(_ repo: GitRepo) -> GitRepoSync.Built? {
    guard !repo.commit.isEmpty, repo.status["gitJobStatus"]?.string == "Current" else { return nil }
    return GitRepoSync.Built(
      commit: repo.commit, generation: repo.status["observedGeneration"]?.integer ?? 0,
      forceSyncGeneration: repo.status["updateGeneration"]?.integer ?? 0,
      secrets: SecretHashes(annotations: repo.metadata.annotations).text)
  }

  /// The server's credentials are missing or unusable.
  func unreachable(_ message: String) async throws {
    try await write { status, conditions, now in
      status["gitJobStatus"] = "Failed"
      conditions.set("Accepted", false, reason: "Error", message: message, at: now)
    }
  }

  /// The remote could not be asked, or does not have the branch. Returns whether that is news.
  func pollFailed(_ message: String) async throws -> Bool {
    try await write { _, conditions, now in
      conditions.set("GitPolling", false, reason: "Error", message: message, at: now)
    }
  }

  /// The remote was asked and has nothing new.
  func polled(_ commit: String) async throws {
    try await write { status, conditions, now in
      conditions.set("GitPolling", true, at: now)
      status["pollingCommit"] = .string(commit)
    }
  }

  /// A commit is being read.
  func building(_ commit: String) async throws {
    try await write { status, conditions, now in
      conditions.set("GitPolling", true, at: now)
      conditions.set("Accepted", true, at: now)
      conditions.set("Reconciling", true, reason: "InProgress", message: "reading commit \(commit)", at: now)
      status["pollingCommit"] = .string(commit)
      status["lastPollingTriggered"] = .string(now.description)
      status["gitJobStatus"] = "InProgress"
    }
  }

  /// A build waits for something, which is said in a few words.
  func progress(_ message: String) async throws {
    try await write { _, conditions, now in
      conditions.set("Reconciling", true, reason: "InProgress", message: message, at: now)
    }
  }

  /// A commit's Bundles are written; directories that failed are named. `problem` is what is wrong with the
  /// GitRepo itself and stopped none of them.
  func built(
    _ commit: String, repo: GitRepo, secrets: SecretHashes, result: BuildResult, problem: String?,
    refused: [(bundle: String, reason: String)]
  ) async throws {
    let problems = result.failures.map(\.description) + refused.map { "Bundle \($0.bundle): \($0.reason)" }
    let unusual = result.warnings.map(\.description) + UnsupportedOptions.notes(repo)
    let warnings = ([problem].compactMap { $0 } + unusual).joined(separator: "\n")
    try await write { status, conditions, now in
      if status["commit"]?.string != commit {
        // Until the summaries have looked at the new bundles, nobody should take the old ones' readiness for theirs.
        conditions.set(
          "Ready", false, reason: "GitUpdating", message: "Pending [commit \(commit.prefix(12))]", at: now)
      }
      status["commit"] = .string(commit)
      status["observedGeneration"] = .integer(repo.metadata.generation)
      status["updateGeneration"] = .integer(repo.spec.forceSyncGeneration)
      status["gitJobStatus"] = problems.isEmpty ? "Current" : "Failed"
      conditions.set("Reconciling", false, at: now)
      conditions.set(
        "Stalled", !problems.isEmpty, reason: problems.isEmpty ? "" : "BundlesFailed",
        message: problems.joined(separator: "\n"), at: now)
      if warnings.isEmpty {
        conditions.remove("Warnings")
      } else {
        conditions.set("Warnings", true, reason: "Unusual", message: warnings, at: now)
      }
    } annotations: {
      secrets.write(to: &$0)
    }
  }

  /// A commit could not be read at all; what was deployed stays.
  func buildFailed(_ commit: String, _ message: String) async throws {
    try await write { status, conditions, now in
      status["gitJobStatus"] = "Failed"
      conditions.set("Reconciling", false, at: now)
      conditions.set("Stalled", true, reason: "Failed", message: "commit \(commit): \(message)", at: now)
    }
  }

  @discardableResult
  private func write(
    _ change: @Sendable (inout Value, inout Conditions, Timestamp) -> Void,
    annotations: (@Sendable (inout [String: Value]) -> Void)? = nil
  ) async throws -> Bool {
    let now = objects.now()
    let before = try await objects.get(key)
    let after = try await objects.mutate(key) { repo in
      var status = repo["status"] ?? [:]
      var conditions = Conditions(status["conditions"])
      change(&status, &conditions, now)
      status["conditions"] = conditions.value
      repo["status"] = status
      if let annotations {
        var all = repo.at("metadata", "annotations")?.object ?? [:]
        annotations(&all)
        repo.set(.object(all), at: "metadata", "annotations")
      }
    }
    return before?["status"] != after?["status"]
  }
}
