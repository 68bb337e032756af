extension Deployer {
  /// What there is to compare of one deployment.
  struct Standing: Sendable {
    /// What stands; nil before the first success.
    var applied: AppliedRelease?
    /// Why the wanted version does not stand; nil when nothing is known to be wrong.
    var failure: String?
    /// The options of the wanted version.
    var brief: DeploymentBrief
  }

  /// What is known of a deployment that is wanted; nil of any other.
  func standing(_ id: String) -> Standing? {
    guard let entry = entries[id], entry.item != nil, let brief = entry.brief else { return nil }
    return Standing(applied: entry.life.applied, failure: entry.life.failure?.message, brief: brief)
  }
}
