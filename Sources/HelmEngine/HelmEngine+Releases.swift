import Document

extension HelmEngine {
  /// Installs a release. Throws `HelmError` with `conflict` when there is one of that name that is not removed or failed.
  public func install(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await deploy(.install, release, chart: chart, values: values, options: options)
  }

  /// Upgrades a release to a chart and values; values of revisions before count for nothing. Throws `HelmError` with
  /// `releaseNotFound` when there is none, and with `operationInProgress` when its record is unfinished: see `recover`.
  public func upgrade(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await deploy(.upgrade, release, chart: chart, values: values, options: options)
  }

  /// Installs a release where there is none, or it was removed with its history kept, and upgrades it otherwise.
  public func installOrUpgrade(
    _ release: ReleaseIdentity, chart: Chart, values: Value = [:], options: DeployOptions = .init()
  ) async throws -> Release {
    try await deploy(.installOrUpgrade, release, chart: chart, values: values, options: options)
  }

  /// Removes a release and its objects; those annotated `helm.sh/resource-policy: keep` stay.
  public func uninstall(_ release: ReleaseIdentity, options: UninstallOptions = .init()) async throws {
    _ = try await perform(HelmRequest(.uninstall, release, parameters: ["options": options.value()]))
  }

  /// Makes a new revision that is what an earlier one was. Throws `HelmError` with `releaseNotFound` when there is none.
  public func rollback(_ release: ReleaseIdentity, options: RollbackOptions = .init()) async throws {
    _ = try await perform(HelmRequest(.rollback, release, parameters: ["options": options.value()]))
  }

  /// The last revision of each release, whatever its state, by name.
  ///
  /// - Parameters:
  ///   - namespace: where; nil lists all namespaces.
  ///   - selector: labels of Helm's record, in kubectl's syntax; nil takes all.
  public func list(namespace: String?, selector: String? = nil) async throws -> [ReleaseSummary] {
    let options: Value = [
      "all": true, "all_namespaces": .bool(namespace == nil), "selector": .string(selector ?? ""),
    ]
    let answer = try await ask(
      HelmRequest(.list, parameters: ["namespace": .string(namespace ?? "default"), "options": options]))
    return (answer.array ?? []).map(ReleaseSummary.init)
  }

  /// One revision of a release, the last one unless another is named; nil when there is none.
  public func get(_ release: ReleaseIdentity, revision: Int? = nil) async throws -> Release? {
    do {
      let answer = try await ask(
        HelmRequest(.get, release, parameters: ["revision": .integer(Int64(revision ?? 0))]))
      return Release(stored: answer["stored"] ?? [:], metadata: answer["metadata"] ?? [:])
    } catch let error as HelmError where error.code == .releaseNotFound {
      return nil
    }
  }

  /// The revisions that Helm keeps of a release, the oldest first; none when there is no such release.
  public func history(_ release: ReleaseIdentity) async throws -> [ReleaseSummary] {
    (try await ask(HelmRequest(.history, release)).array ?? []).map(ReleaseSummary.init)
  }

  /// The state of a release's last revision; nil when there is no such release.
  public func status(_ release: ReleaseIdentity) async throws -> ReleaseStatus? {
    try await history(release).last?.status
  }

  private func deploy(
    _ operation: HelmRequest.Operation, _ release: ReleaseIdentity, chart: Chart, values: Value, options: DeployOptions
  ) async throws -> Release {
    let parameters: Value = [
      "values": .string(try LibraryText.encoded(values, doing: HelmRequest(operation, release).doing)),
      "install": options.installOptions(), "upgrade": options.upgradeOptions(),
    ]
    let annotations = Value.object(try chart.metadata().annotations.mapValues(Value.string))
    let summary = try await ask(
      HelmRequest(operation, release, parameters: parameters, attachment: try ChartArchive.pack(chart)))
    return Release(
      stored: ["summary": summary, "config": values.isNull ? [:] : values], metadata: ["annotations": annotations])
  }
}
