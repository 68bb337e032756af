import Document
import Fleet
import Wire

/// One deployment of a simulated agent: the real agent's record and composer, and no cluster. It belongs to its agent.
final class SimulatedDeployment {
  var record: DeploymentRecord
  /// When the version that is wanted arrived; nil once the manager knows of its Ready status.
  var arrived: ContinuousClock.Instant?
  /// The manager knows that the version that is wanted is Ready.
  private(set) var isReady = false
  /// The last attempt failed.
  private(set) var isFailed = false
  private(set) var attempts = 0
  private var composer: StatusComposer
  private var createdAt: String
  /// The hash of the last status; nil where the composer has gone on from it.
  private var statusHash: String?

  init(record: DeploymentRecord) {
    self.record = record
    let status = (try? BundleDeploymentStatus(JSON.parse(record.status))) ?? BundleDeploymentStatus()
    composer = StatusComposer(status: status)
    createdAt = status.resources.first?.createdAt ?? ""
    statusHash = DeliveryHash.status(record.status)
  }

  /// The deployment of an earlier run, whose version is Ready where `item` is what it reported on.
  convenience init(record: DeploymentRecord, of item: DesiredItem) {
    self.init(record: record)
    isReady = record.statusVersion == item.version && saysReady && !record.acknowledged.isEmpty
  }

  var saysReady: Bool { composer.status.conditions["Ready"]?.isTrue == true && !isFailed }

  /// Another version is wanted.
  func want(_ release: SimulatedReleases.Release, at instant: ContinuousClock.Instant, now: Timestamp) {
    arrived = instant
    isReady = false
    isFailed = false
    attempts = 0
    if composer.status.conditions["Deployed"]?.isFalse == true { statusHash = nil }
    composer.targetChanged(to: release.deploymentID, at: now)
  }

  /// An attempt succeeded.
  func succeed(
    _ release: SimulatedReleases.Release, version: String, now: Timestamp, among successes: SimulatedSuccesses
  ) {
    isFailed = false
    if createdAt.isEmpty { createdAt = now.description }
    let success: SimulatedSuccesses.Success
    if let statusHash {
      let beginning = SimulatedSuccesses.Beginning(
        status: statusHash, revision: record.applied?.revision ?? 0, createdAt: createdAt,
        release: ObjectIdentifier(release), now: now)
      success = successes.success(after: beginning) { self.success(release, now: now) }
    } else {
      success = self.success(release, now: now)
    }
    composer = success.composer
    record.applied = success.applied
    record.status = success.status
    record.statusVersion = version
    statusHash = success.hash
  }

  private func success(_ release: SimulatedReleases.Release, now: Timestamp) -> SimulatedSuccesses.Success {
    var composer = composer
    let applied = AppliedRelease(
      deploymentID: release.deploymentID, release: release.identity, revision: (record.applied?.revision ?? 0) + 1,
      objects: release.objects)
    composer.deployed(applied, syncGeneration: release.syncGeneration, at: now)
    let live = release.objects.map { DeployedResource($0, createdAt: createdAt) }
    composer.observed(.observed(.init(live: live), writers: [:]), at: now)
    let status = JSON.encode(composer.status.value)
    return SimulatedSuccesses.Success(
      composer: composer, applied: applied, status: status, hash: DeliveryHash.status(status), release: release)
  }

  /// An attempt failed.
  func fail(_ release: SimulatedReleases.Release, version: String, now: Timestamp) {
    isFailed = true
    attempts += 1
    let failure = DeploymentFailure(
      kind: .transient, message: "the simulated agent was told to fail (flotilla simulate --failure-rate)")
    composer.failed(failure, deploymentID: release.deploymentID, at: now)
    record.status = JSON.encode(composer.status.value)
    record.statusVersion = version
    statusHash = DeliveryHash.status(record.status)
  }

  /// The manager holds a status of this hash. True where that makes the wanted version Ready.
  func acknowledge(_ hash: String, version: String) -> Bool {
    record.acknowledged = hash
    guard !isReady, record.statusVersion == version, saysReady, hash == statusHash else { return false }
    isReady = true
    return true
  }
}
