import CHelm
import Document

/// What one request works with, on the thread that performs it.
struct HelmSession {
  let library: HelmLibrary
  let configurations: ConfigurationPool
  let connection: ClusterConnection?

  /// Performs a request. What the library answers goes back as it came, to be read by who asked.
  func answer(_ request: HelmRequest) throws -> WorkerMessage {
    switch request.operation {
    case .version: return WorkerMessage(header: ["version": .string(library.helmVersion)])
    case .openHandles: return WorkerMessage(header: ["handles": .integer(Int64(library.openHandles))])
    case .list: return try text(list(request))
    default: break
    }
    guard let release = request.release else {
      throw HelmError(code: .workerFailed, message: "a request to Helm names no release: \(request.doing)")
    }
    switch request.operation {
    case .render: return try text(render(request, release))
    case .install: return try text(deploy(request, release, isUpgrade: false))
    case .upgrade: return try text(deploy(request, release, isUpgrade: true))
    case .installOrUpgrade:
      let status = try summaries(of: release).last?.status
      return try text(deploy(request, release, isUpgrade: status != nil && status != .uninstalled))
    case .uninstall: try uninstall(release, request.parameters["options"] ?? [:])
    case .rollback: try rollback(release, request.parameters["options"] ?? [:])
    case .recover: return try recover(release)
    case .get: return try text(get(release, revision: request.parameters["revision"]?.int))
    case .history: return try text(history(of: release))
    case .version, .openHandles, .list: break
    }
    return WorkerMessage(header: [:])
  }

  private func text(_ text: String) -> WorkerMessage {
    WorkerMessage(header: [:], attachment: Array(text.utf8))
  }

  /// Lends the configuration of one namespace's releases.
  private func withConfiguration<Result>(namespace: String, _ body: (chelm_handle) throws -> Result) throws -> Result {
    guard let connection else {
      throw HelmError(
        code: .clusterUnreachable, message: "this engine has no cluster: make it with a ClusterConnection")
    }
    return try configurations.with(connection, namespace: namespace, body)
  }

  /// Lends the chart that came with a request, loaded.
  private func withChart<Result>(_ request: HelmRequest, _ body: (chelm_handle) throws -> Result) throws -> Result {
    let handle = try library.chart(archive: request.attachment, doing: request.doing)
    defer { library.release(handle) }
    return try body(handle)
  }
}

extension HelmSession {
  private func render(_ request: HelmRequest, _ release: ReleaseIdentity) throws -> String {
    let (values, options) = (
      request.parameters["values"]?.string ?? "{}", JSON.string(request.parameters["options"] ?? [:])
    )
    return try withChart(request) { chart in
      let crds =
        request.parameters["crds"]?.bool == true
        ? try library.call(request.doing) { chelm_chart_crds($0, chart) } : "[]"
      let outputs: String
      if request.parameters["lookup"]?.bool == true {
        outputs = try withConfiguration(namespace: release.namespace) { configuration in
          try library.call(request.doing) { chelm_render($0, configuration, chart, values, options) }
        }
      } else {
        outputs = try library.call(request.doing) { chelm_render($0, 0, chart, values, options) }
      }
      return "{\"outputs\":\(outputs),\"crds\":\(crds)}"
    }
  }

  private func deploy(_ request: HelmRequest, _ release: ReleaseIdentity, isUpgrade: Bool) throws -> String {
    let values = request.parameters["values"]?.string ?? "{}"
    let options = JSON.string(request.parameters[isUpgrade ? "upgrade" : "install"] ?? [:])
    let doing = HelmRequest(isUpgrade ? .upgrade : .install, release).doing
    return try withChart(request) { chart in
      try withConfiguration(namespace: release.namespace) { configuration in
        try library.call(doing) { library in
          isUpgrade
            ? chelm_upgrade(library, configuration, chart, release.name, values, options)
            : chelm_install(library, configuration, chart, release.name, values, options)
        }
      }
    }
  }

  private func uninstall(_ release: ReleaseIdentity, _ options: Value) throws {
    _ = try withConfiguration(namespace: release.namespace) { configuration in
      try library.call(HelmRequest(.uninstall, release).doing) {
        chelm_uninstall($0, configuration, release.name, JSON.string(options))
      }
    }
  }

  private func rollback(_ release: ReleaseIdentity, _ options: Value) throws {
    _ = try withConfiguration(namespace: release.namespace) { configuration in
      try library.call(HelmRequest(.rollback, release).doing) {
        chelm_rollback($0, configuration, release.name, JSON.string(options))
      }
    }
  }

  private func recover(_ release: ReleaseIdentity) throws -> WorkerMessage {
    let history = try summaries(of: release)
    guard let last = history.last, last.status.isUnfinished else { return WorkerMessage(header: [:]) }
    if last.status == .uninstalling {
      try uninstall(release, UninstallOptions().value())
      return WorkerMessage(header: ["uninstalled": true])
    }
    let target = history.last { $0.status == .deployed } ?? history.last { $0.status == .superseded } ?? last
    var options = RollbackOptions()
    options.revision = target.revision
    try rollback(release, options.value())
    return WorkerMessage(header: ["rolledBackTo": .integer(Int64(target.revision))])
  }

  private func list(_ request: HelmRequest) throws -> String {
    try withConfiguration(namespace: request.parameters["namespace"]?.string ?? "default") { configuration in
      try library.call(request.doing) {
        chelm_list($0, configuration, JSON.string(request.parameters["options"] ?? [:]))
      }
    }
  }

  private func get(_ release: ReleaseIdentity, revision: Int?) throws -> String {
    let doing = HelmRequest(.get, release).doing
    let options = JSON.string(["revision": .integer(Int64(revision ?? 0))])
    return try withConfiguration(namespace: release.namespace) { configuration in
      let stored = try library.call(doing) { chelm_get($0, configuration, release.name, options) }
      let metadata = try library.call(doing) { chelm_get_metadata($0, configuration, release.name, options) }
      return "{\"stored\":\(stored),\"metadata\":\(metadata)}"
    }
  }

  private func history(of release: ReleaseIdentity) throws -> String {
    do {
      return try withConfiguration(namespace: release.namespace) { configuration in
        try library.call(HelmRequest(.history, release).doing) {
          chelm_history($0, configuration, release.name, "{}")
        }
      }
    } catch let error as HelmError where error.code == .releaseNotFound {
      return "[]"
    }
  }

  private func summaries(of release: ReleaseIdentity) throws -> [ReleaseSummary] {
    let text = try history(of: release)
    return (try LibraryText.decoded(text, doing: HelmRequest(.history, release).doing).array ?? [])
      .map(ReleaseSummary.init)
  }
}
