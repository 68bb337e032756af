import Fleet
import HelmEngine

/// What performs the operations that a ``DeploymentLifecycle`` asks for.
protocol ReleaseInstaller: Sendable {
  /// Makes the release what the item wants, unless it is that already.
  func apply(_ item: DesiredItem, releases: [ReleaseIdentity]) async throws(DeploymentFailure) -> AppliedRelease
  /// Whether the release is there, installed.
  func exists(_ applied: AppliedRelease) async throws(DeploymentFailure) -> Bool
  /// Removes releases with their objects, or only Helm's record of them.
  func uninstall(_ releases: [ReleaseIdentity], keepsResources: Bool) async throws(DeploymentFailure)
  /// Removes releases but for the objects that the newer one holds too.
  func remove(_ releases: [ReleaseIdentity], superseding newer: AppliedRelease) async throws(DeploymentFailure)
  /// Releases of this agent's making that are none of `known`, with the bundle each says it belongs to.
  func orphans(known: Set<ReleaseIdentity>) async throws(DeploymentFailure) -> [ReleaseIdentity]
}
