import Logging
import Wire

/// The work of a cluster's agent: desired state goes to disk and to the deployer, acknowledgements to the records.
actor DeploymentWork: SessionWork {
  private let state: AgentState
  private let keeper: DesiredKeeper
  private let deployer: Deployer
  private let health: AgentHealth
  private let logger: Logger
  private var isSwept = false

  init(
    state: AgentState, keeper: DesiredKeeper, deployer: Deployer, health: AgentHealth = AgentHealth(), logger: Logger
  ) {
    self.health = health
    self.state = state
    self.keeper = keeper
    self.deployer = deployer
    self.logger = logger
  }

  /// What a session begins with. `held`: the deployments whose blobs are all here.
  nonisolated func durable(held: Set<String>) -> AgentSession.Durable {
    let desired = state.desired
    return AgentSession.Durable(
      held: desired.items.filter { held.contains($0.key) }.mapValues(\.version), lastRevision: desired.revision,
      lineage: desired.lineage,
      acknowledgedStatuses: state.records.compactMapValues { $0.acknowledged.isEmpty ? nil : $0.acknowledged })
  }

  func keep(_ desired: Desired, over channel: RPCChannel?) async throws -> [NackItem] {
    try await keeper.keep(desired, over: channel)
  }

  func collectGarbage() async throws {
    await keeper.fetcher.forgetPartials()
    try await state.blobs.collect(keeping: state.desired.digests)
  }

  func apply() async {
    let desired = state.desired
    var changed: [DesiredItem] = []
    for item in desired.items.values where await !deployer.holds(item) { changed.append(item) }
    let briefs = await keeper.briefs(of: changed, logger: logger)
    await deployer.update(desired, briefs: briefs)
  }

  func complete(_ revision: UInt64, lineage: String) async throws {
    try await state.updateDesired {
      $0.revision = revision
      $0.lineage = lineage
    }
    // Once is enough: later releases come and go with their deployments.
    guard !isSwept else { return }
    isSwept = true
    deployer.sweep()
  }

  func removalsConfirmed() async {
    logger.notice("somebody confirmed that releases without a deployment are removed")
    deployer.confirmRemovals()
  }

  func acknowledge(_ hashes: [String: String?]) async throws {
    for (id, hash) in hashes {
      guard let record = state.record(id) else { continue }
      if hash == nil, record.isGone {
        try await state.removeRecord(id)
      } else {
        try await state.updateRecord(id) { $0.acknowledged = hash ?? "" }
      }
    }
  }

  func statuses() async -> [DeploymentStatus] {
    state.records.sorted { $0.key < $1.key }.filter { !$0.value.status.isEmpty || $0.value.isGone }
      .map { DeploymentStatus(id: $0.key, version: $0.value.statusVersion, status: $0.value.status) }
  }

  // A cluster's agent goes on alike with and without its manager; only probes are told.
  func connecting() async {}
  func welcomed() async { health.connected() }
  func lost(_ error: RPCError?) async { health.disconnected(error?.message ?? "the manager asks to come back later") }
}
