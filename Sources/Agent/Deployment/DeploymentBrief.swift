import Fleet
import HelmEngine

/// What the deployer keeps in memory of a deployment's options; values and files stay in the blobs.
struct DeploymentBrief: Sendable, Hashable {
  /// The version that is to stand.
  var target: DeploymentLifecycle.Target
  /// The name of the bundle.
  var bundleName: String
  /// The namespace of the bundle on the manager.
  var bundleNamespace: String
  /// The labels by which others depend on it.
  var labels: [String: String]
  /// What comes first.
  var dependsOn: [DependsOn]
  /// The hash by which its objects are labelled.
  var setHash: String
  /// Conditions that do not count for readiness.
  var ignoredConditions: [[String: String]]
  /// What of its objects is not drift.
  var driftRules: DriftRules
  /// Whether drift is put right.
  var correctDrift: CorrectDrift
  /// With whose rights it is deployed.
  var serviceAccount: String
  /// What it takes over from deployments that go.
  var takesOver: Set<TakenObject>
  /// Reported back, so that the manager sees a forced deployment through.
  var syncGeneration: Int64

  /// What is kept of a payload.
  init(version: String, payload: DeploymentPayload) {
    let options = payload.options
    target = DeploymentLifecycle.Target(
      version: version, deploymentID: payload.deploymentID,
      release: ReleaseIdentity(
        name: options.releaseName(bundle: payload.bundleName), namespace: options.releaseNamespace),
      copies: DownstreamCopy.hash(of: payload.copies), isPaused: payload.paused)
    bundleName = payload.bundleName
    bundleNamespace = payload.bundleNamespace
    labels = payload.labels
    dependsOn = payload.dependsOn
    setHash = PostRender(payload: payload).setHash
    ignoredConditions = options.ignoreConditions
    driftRules = DriftRules(options.comparePatches)
    correctDrift = payload.correctDrift
    serviceAccount = options.serviceAccount
    takesOver = TakenObject.all(of: options)
    syncGeneration = options.forceSyncGeneration
  }

  /// Whether another brief has its objects looked at in the same way.
  func observesAlike(_ other: DeploymentBrief) -> Bool {
    driftRules == other.driftRules && ignoredConditions == other.ignoredConditions && setHash == other.setHash
      && serviceAccount == other.serviceAccount
  }
}
