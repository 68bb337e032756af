import CHelm
import Document

extension HelmEngine {
  /// Installs a release. Throws `HelmError` with `conflict` when there is one of that name that is not removed or failed.
  public func install(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await perform(on: release) { session in
      try session.deploy(release, chart: chart, values: values, options: options, isUpgrade: false)
    }
  }

  /// Upgrades a release to a chart and values; values of revisions before count for nothing. Throws `HelmError` with
  /// `releaseNotFound` when there is none, and with `operationInProgress` when its record is unfinished: see `recover`.
  public func upgrade(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await perform(on: release) { session in
      try session.deploy(release, chart: chart, values: values, options: options, isUpgrade: true)
    }
  }

  /// Installs a release where there is none, or it was removed with its history kept, and upgrades it otherwise.
  public func installOrUpgrade(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await perform(on: release) { session in
      let status = try session.history(release).last?.status
      return try session.deploy(
        release, chart: chart, values: values, options: options, isUpgrade: status != nil && status != .uninstalled)
    }
  }

  /// Removes a release and its objects; those annotated `helm.sh/resource-policy: keep` stay.
  public func uninstall(_ release: ReleaseIdentity, options: UninstallOptions = .init()) async throws {
    try await perform(on: release) { session in try session.uninstall(release, options: options) }
  }

  /// Makes a new revision that is what an earlier one was. Throws `HelmError` with `releaseNotFound` when there is none.
  public func rollback(_ release: ReleaseIdentity, options: RollbackOptions = .init()) async throws {
    try await perform(on: release) { session in try session.rollback(release, options: options) }
  }

  /// The last revision of each release, whatever its state, by name.
  ///
  /// - Parameters:
  ///   - namespace: where; nil lists all namespaces.
  ///   - selector: labels of Helm's record, in kubectl's syntax; nil takes all.
  public func list(namespace: String?, selector: String? = nil) async throws -> [ReleaseSummary] {
    try await perform { session in
      let options: Value = [
        "all": true, "all_namespaces": .bool(namespace == nil), "selector": .string(selector ?? ""),
      ]
      let doing = "listing releases"
      let answer = try session.withConfiguration(namespace: namespace ?? "default") { configuration in
        try session.library.call(doing) { chelm_list($0, configuration, JSON.string(options)) }
      }
      return (try LibraryText.decoded(answer, doing: doing).array ?? []).map(ReleaseSummary.init)
    }
  }

  /// One revision of a release, the last one unless another is named; nil when there is none.
  public func get(_ release: ReleaseIdentity, revision: Int? = nil) async throws -> Release? {
    try await perform { session in
      do {
        return try session.get(release, revision: revision)
      } catch let error as HelmError where error.code == .releaseNotFound {
        return nil
      }
    }
  }

  /// The revisions that Helm keeps of a release, the oldest first; none when there is no such release.
  public func history(_ release: ReleaseIdentity) async throws -> [ReleaseSummary] {
    try await perform { session in try session.history(release) }
  }

  /// The state of a release's last revision; nil when there is no such release.
  public func status(_ release: ReleaseIdentity) async throws -> ReleaseStatus? {
    try await history(release).last?.status
  }
}

extension HelmEngine.Session {
  func deploy(
    _ release: ReleaseIdentity, chart: Chart, values: Value, options: DeployOptions, isUpgrade: Bool
  ) throws -> Release {
    let doing = "\(isUpgrade ? "upgrading" : "installing") release \(release)"
    let valuesText = try LibraryText.encoded(values, doing: doing)
    let metadata = try chart.metadata()
    let answer = try withChart(chart, doing: doing) { handle in
      try withConfiguration(namespace: release.namespace) { configuration in
        try library.call(doing) { library in
          if isUpgrade {
            let text = JSON.string(options.upgradeOptions())
            return chelm_upgrade(library, configuration, handle, release.name, valuesText, text)
          }
          let text = JSON.string(options.installOptions())
          return chelm_install(library, configuration, handle, release.name, valuesText, text)
        }
      }
    }
    let summary = try LibraryText.decoded(answer, doing: doing)
    let annotations = Value.object(metadata.annotations.mapValues(Value.string))
    return Release(
      stored: ["summary": summary, "config": values.isNull ? [:] : values], metadata: ["annotations": annotations])
  }

  func uninstall(_ release: ReleaseIdentity, options: UninstallOptions) throws {
    _ = try withConfiguration(namespace: release.namespace) { configuration in
      try library.call("uninstalling release \(release)") {
        chelm_uninstall($0, configuration, release.name, JSON.string(options.value()))
      }
    }
  }

  func rollback(_ release: ReleaseIdentity, options: RollbackOptions) throws {
    _ = try withConfiguration(namespace: release.namespace) { configuration in
      try library.call("rolling back release \(release)") {
        chelm_rollback($0, configuration, release.name, JSON.string(options.value()))
      }
    }
  }

  func history(_ release: ReleaseIdentity) throws -> [ReleaseSummary] {
    let doing = "reading the history of release \(release)"
    let answer: String
    do {
      answer = try withConfiguration(namespace: release.namespace) { configuration in
        try library.call(doing) { chelm_history($0, configuration, release.name, "{}") }
      }
    } catch let error as HelmError where error.code == .releaseNotFound {
      return []
    }
    return (try LibraryText.decoded(answer, doing: doing).array ?? []).map(ReleaseSummary.init)
  }

  func get(_ release: ReleaseIdentity, revision: Int?) throws -> Release {
    let doing = "reading release \(release)"
    let options = JSON.string(["revision": .integer(Int64(revision ?? 0))])
    return try withConfiguration(namespace: release.namespace) { configuration in
      let stored = try library.call(doing) { chelm_get($0, configuration, release.name, options) }
      let metadata = try library.call(doing) { chelm_get_metadata($0, configuration, release.name, options) }
      return Release(
        stored: try LibraryText.decoded(stored, doing: doing), metadata: try LibraryText.decoded(metadata, doing: doing)
      )
    }
  }
}
