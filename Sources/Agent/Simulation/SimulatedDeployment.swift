import Document
import Fleet
import Wire

/// One deployment of a simulated agent: the real agent's record and composer, and no cluster.
struct SimulatedDeployment: Sendable {
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

  init(record: DeploymentRecord) {
    self.record = record
    let status = (try? BundleDeploymentStatus(JSON.parse(record.status))) ?? BundleDeploymentStatus()
    composer = StatusComposer(status: status)
    createdAt = status.resources.first?.createdAt ?? ""
  }

  /// The deployment of an earlier run, whose version is Ready where `item` is what it reported on.
  init(record: DeploymentRecord, of item: DesiredItem) {
    self.init(record: record)
    isReady = record.statusVersion == item.version && saysReady && !record.acknowledged.isEmpty
  }

  var saysReady: Bool { composer.status.conditions["Ready"]?.isTrue == true && !isFailed }

  /// Another version is wanted.
  mutating func want(_ release: SimulatedReleases.Release, at instant: ContinuousClock.Instant, now: Timestamp) {
    arrived = instant
    isReady = false
    isFailed = false
    attempts = 0
    composer.targetChanged(to: release.deploymentID, at: now)
  }

  /// An attempt succeeded.
  mutating func succeed(_ release: SimulatedReleases.Release, version: String, now: Timestamp) {
    isFailed = false
    if createdAt.isEmpty { createdAt = now.description }
    let applied = AppliedRelease(
      deploymentID: release.deploymentID, release: release.identity, revision: (record.applied?.revision ?? 0) + 1,
      objects: release.objects)
    record.applied = applied
    composer.deployed(applied, syncGeneration: release.syncGeneration, at: now)
    let live = release.objects.map { DeployedResource($0, createdAt: createdAt) }
    composer.observed(.observed(.init(live: live), writers: [:]), at: now)
    note(version)
  }

  /// An attempt failed.
  mutating func fail(_ release: SimulatedReleases.Release, version: String, now: Timestamp) {
    isFailed = true
    attempts += 1
    let failure = DeploymentFailure(
      kind: .transient, message: "the simulated agent was told to fail (flotilla simulate --failure-rate)")
    composer.failed(failure, deploymentID: release.deploymentID, at: now)
    note(version)
  }

  /// The manager holds a status of this hash. True where that makes the wanted version Ready.
  mutating func acknowledge(_ hash: String, version: String) -> Bool {
    record.acknowledged = hash
    guard !isReady, record.statusVersion == version, saysReady, hash == DeliveryHash.status(record.status) else {
      return false
    }
    isReady = true
    return true
  }

  private mutating func note(_ version: String) {
    record.status = JSON.encode(composer.status.value)
    record.statusVersion = version
  }
}
