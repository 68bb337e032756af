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
  /// Reported back, so that the manager sees a forced deployment through.
  var syncGeneration: Int64

  /// What is kept of a payload.
  init(version: String, payload: DeploymentPayload) {
    let options = payload.options
    target = DeploymentLifecycle.Target(
      version: version, deploymentID: payload.deploymentID,
      release: ReleaseIdentity(
        name: options.releaseName(bundle: payload.bundleName), namespace: options.releaseNamespace),
      isPaused: payload.paused)
    bundleName = payload.bundleName
    bundleNamespace = payload.bundleNamespace
    labels = payload.labels
    dependsOn = payload.dependsOn
    setHash = PostRender(payload: payload).setHash
    ignoredConditions = options.ignoreConditions
    syncGeneration = options.forceSyncGeneration
  }
}
