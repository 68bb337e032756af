import Document
import Fleet
import Logging

extension Deployer {
  func publish(_ id: String) async {
    guard var entry = entries[id], let item = entry.item, let brief = entry.brief else { return }
    let target = brief.target
    if let failure = entry.life.failure {
      entry.composer.failed(
        failure, deploymentID: target.deploymentID, stands: entry.life.isCurrent, at: .now)
    } else if entry.life.isCurrent, let applied = entry.life.applied {
      entry.composer.deployed(applied, syncGeneration: brief.syncGeneration, at: .now)
    }
    entries[id] = entry
    guard !entry.composer.awaitsObservation else { return }
    let status = entry.composer.status
    let bytes = JSON.encode(status.value)
    let known = state.record(id)
    let says = known?.status ?? []
    // A version that is neither deployed nor failed has nothing to say yet.
    let isSettled = entry.life.isCurrent || entry.life.failure != nil
    guard bytes != says || (isSettled && known?.statusVersion != item.version), status != BundleDeploymentStatus()
    else {
      return
    }
    do {
      try await state.updateRecord(id) { record in
        record.status = bytes
        record.statusVersion = item.version
      }
    } catch {
      logger.error("the state directory cannot be written", metadata: ["error": "\(error)"])
    }
    await report(id, item.version, bytes)
    let state = status.state(desiredID: target.deploymentID, stagedID: target.deploymentID)
    guard entry.state != state else { return }
    entries[id]?.state = state
    dependencies.set(id, to: state)
    let message = status.conditions["Ready"]?.message ?? ""
    logger.info(
      "the deployment is \(state.rawValue)",
      metadata: message.isEmpty || state == .errApplied
        ? ["deployment": "\(id)"] : ["deployment": "\(id)", "message": "\(message)"])
    await wake(dependencies.waiting(for: id))
  }

  /// Deployments that wait for others try again.
  func wake(_ ids: [String]) async {
    for id in ids { await send(.dependenciesChanged, to: id) }
  }

  func log(_ event: DeploymentLifecycle.Event, of id: String, before: DeploymentFailure?) {
    switch event {
    case .applied(let applied):
      logger.info("deployed", metadata: ["deployment": "\(id)", "release": "\(applied.text)"])
    case .applyFailed(let failure):
      let metadata: Logger.Metadata = ["deployment": "\(id)", "error": "\(failure.message)"]
      let isNews = entries[id]?.composer.status.conditions["Deployed"]?.message != failure.message
      logger.log(level: isNews ? .warning : .debug, "deploying failed", metadata: metadata)
    case .removeFailed(let failure):
      let metadata: Logger.Metadata = ["deployment": "\(id)", "error": "\(failure.message)"]
      logger.log(level: failure == before ? .debug : .warning, "removing failed", metadata: metadata)
    case .verified(exists: false):
      logger.notice("the release is gone: deploying it again", metadata: ["deployment": "\(id)"])
    default: break
    }
  }
}
