import Document

/// How an agent's findings become a status (fleet-behaviour §5.6, §5.7).
extension BundleDeploymentStatus {
  /// What watching found: all live objects, and all that differ or are not ready, uncut.
  public struct Observation: Sendable, Hashable {
    /// The live objects of the deployment.
    public var live: [DeployedResource]
    /// Objects that differ.
    public var modified: [ModifiedStatus]
    /// Objects that are not ready.
    public var nonReady: [NonReadyStatus]

    /// An observation.
    public init(live: [DeployedResource] = [], modified: [ModifiedStatus] = [], nonReady: [NonReadyStatus] = []) {
      self.live = live
      self.modified = modified
      self.nonReady = nonReady
    }
  }

  /// A version was deployed: the release is there, and what is on the cluster is still to be observed.
  public mutating func recordDeployed(
    deploymentID: String, release: String, syncGeneration: Int64, at now: Timestamp
  ) {
    if appliedDeploymentID != deploymentID || self.release != release { appliedTime = now.description }
    appliedDeploymentID = deploymentID
    self.release = release
    self.syncGeneration = syncGeneration
    conditions.set("Deployed", true, at: now)
    conditions.set("Installed", true, at: now)
  }

  /// Deploying failed and will be tried again: the state becomes ErrApplied, what is deployed stays.
  public mutating func recordFailure(_ message: String, reason: String = "Error", at now: Timestamp) {
    conditions.set("Deployed", false, reason: reason, message: message, at: now)
  }

  /// Helm refused the version in a way that trying again does not change: the state becomes NotReady.
  public mutating func recordRefused(_ message: String, deploymentID: String, at now: Timestamp) {
    if appliedDeploymentID != deploymentID { appliedTime = now.description }
    appliedDeploymentID = deploymentID
    release = ""
    ready = false
    nonModified = true
    nonReadyStatus = []
    modifiedStatus = []
    incompleteState = false
    conditions.set("Ready", false, reason: "Error", message: "not ready: \(message)", at: now)
    conditions.set("Installed", false, reason: "Error", message: "not installed: \(message)", at: now)
    conditions.set("Deployed", true, at: now)
  }

  /// What is on the cluster now.
  public mutating func recordObserved(_ observation: Observation, at now: Timestamp) {
    let modified = observation.modified.sorted { $0.object < $1.object }
    let nonReady = observation.nonReady.sorted { ($0.uid, $0.object) < ($1.uid, $1.object) }
    ready = nonReady.isEmpty
    nonModified = modified.isEmpty
    modifiedStatus = Array(modified.prefix(Limits.statusEntries))
    nonReadyStatus = Array(nonReady.prefix(Limits.statusEntries))
    incompleteState = modified.count > Limits.statusEntries || nonReady.count > Limits.statusEntries
    resources = observation.live.sorted { $0.object < $1.object }
    resourceCounts = ResourceCounts(live: observation.live.map(\.object), modified: modified, nonReady: nonReady)
    conditions.set("Monitored", true, at: now)
    if !ready {
      conditions.set("Ready", false, message: nonReady.first?.display ?? "not ready", at: now)
    } else if !nonModified {
      conditions.set("Ready", false, message: modified.first?.display ?? "out of sync", at: now)
    } else {
      conditions.set("Ready", true, at: now)
    }
  }

  /// Drift could not be corrected (fleet-behaviour §5.10); the state stays what the objects make of it.
  public mutating func recordCorrectionFailure(_ message: String, at now: Timestamp) {
    conditions.set("Ready", false, reason: "Error", message: message, at: now)
  }

  /// What is on the cluster could not be found out.
  public mutating func recordUnobserved(_ message: String, at now: Timestamp) {
    conditions.set("Monitored", false, reason: "Error", message: message, at: now)
  }
}
