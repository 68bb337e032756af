import Fleet
import HelmEngine

/// What performs the operations that a ``DeploymentLifecycle`` asks for.
protocol ReleaseInstaller: Sendable {
  /// Makes the release what the item wants, unless it is that already. Of the objects that it holds no more, those that another
  /// deployment takes over stay.
  func apply(
    _ item: DesiredItem, releases: [ReleaseIdentity], sparing: Set<TakenObject>
  ) async throws(DeploymentFailure) -> AppliedRelease
  /// Puts the objects of a release right that are not as they were deployed, as a new revision of the release.
  func correct(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> AppliedRelease
  /// Whether the release is there, installed. Makes again what somebody removed of the copies beside it.
  func exists(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> Bool
  /// Removes releases with their objects but those that another deployment takes over, or only Helm's record of them.
  func uninstall(_ removal: Removal) async throws(DeploymentFailure)
  /// Removes releases but for the objects that the newer one holds too, or another deployment takes over.
  func remove(_ removal: Removal, superseding newer: AppliedRelease) async throws(DeploymentFailure)
  /// Releases of this agent's making that are none of `known`, with the bundle each says it belongs to.
  func orphans(known: Set<ReleaseIdentity>) async throws(DeploymentFailure) -> [ReleaseIdentity]
}
