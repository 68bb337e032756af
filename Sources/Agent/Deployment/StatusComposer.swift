import Document
import Fleet

/// How a deployment's life and what is seen of its objects become the status that is reported (fleet-behaviour §5.6, §5.7).
///
/// A value without clock: every change says when it happened. Saying the same again changes nothing.
struct StatusComposer: Sendable, Equatable {
  /// The status as it was last reported, or is to be.
  private(set) var status: BundleDeploymentStatus
  /// A version was deployed, and its objects are still to be looked at: what was seen before counts no more.
  private(set) var awaitsObservation = false
  /// Why drift cannot be corrected; nil when nothing is known to be in the way.
  private var correctionFailure: String?
  /// What there is to say about corrections that succeed.
  private var correctionNote: String?

  /// A composer that goes on from a status.
  init(status: BundleDeploymentStatus = BundleDeploymentStatus()) {
    self.status = status
  }

  /// Another version is wanted: what went wrong with the one before is over.
  mutating func targetChanged(to deploymentID: String, at now: Timestamp) {
    guard status.appliedDeploymentID != deploymentID, status.conditions["Deployed"]?.isFalse == true else { return }
    status.conditions.set("Deployed", nil, at: now)
  }

  /// A version stands. Until its objects are looked at the status stays what it was.
  mutating func deployed(_ applied: AppliedRelease, syncGeneration: Int64, at now: Timestamp) {
    let isNew = status.appliedDeploymentID != applied.deploymentID || status.release != applied.text
    guard isNew || status.conditions["Deployed"]?.isTrue != true || status.conditions["Installed"]?.isTrue != true
    else {
      return
    }
    status.recordDeployed(
      deploymentID: applied.deploymentID, release: applied.text, syncGeneration: syncGeneration, at: now)
    if isNew { awaitsObservation = true }
  }

  /// A version could not be deployed.
  ///
  /// - Parameter stands: whether the version is there all the same, and what failed was something beside it.
  mutating func failed(_ failure: DeploymentFailure, deploymentID: String, stands: Bool = false, at now: Timestamp) {
    awaitsObservation = false
    // What was there of the same version before is known to be there no more.
    if !stands, status.appliedDeploymentID == deploymentID { status.appliedDeploymentID = "" }
    switch failure.kind {
    case .notInstalled: status.recordRefused(failure.message, deploymentID: deploymentID, at: now)
    case .transient, .unreachable, .dependency, .leaving, .final: status.recordFailure(failure.message, at: now)
    }
  }

  /// The objects of what stands were looked at.
  mutating func observed(_ finding: ClusterObserver.Finding, at now: Timestamp) {
    switch finding {
    case .observed(let observation, _):
      if observation.modified.allSatisfy(\.delete) { correctionFailure = nil }
      status.recordObserved(observation, at: now)
      sayCorrection(at: now)
    case .failed(let message):
      // What was seen of the version before says nothing about this one.
      if awaitsObservation { status.ready = false }
      status.recordUnobserved(message, at: now)
    case .releaseMissing: return
    }
    awaitsObservation = false
  }

  /// Drift could not be corrected, or nothing is in the way any more.
  mutating func correctionFailed(_ message: String?, at now: Timestamp) {
    guard correctionFailure != message else { return }
    correctionFailure = message
    sayCorrection(at: now)
  }

  /// What there is to say about corrections that succeed, if anything.
  mutating func correction(_ note: String?, at now: Timestamp) {
    guard correctionNote != note else { return }
    correctionNote = note
    sayCorrection(at: now)
  }

  private mutating func sayCorrection(at now: Timestamp) {
    if status.conditions["Monitored"]?.isTrue == true {
      status.conditions.set("Monitored", true, message: correctionNote ?? "", at: now)
    }
    if let correctionFailure { status.recordCorrectionFailure(correctionFailure, at: now) }
  }
}
