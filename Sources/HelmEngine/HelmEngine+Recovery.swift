extension HelmEngine {
  /// What `recover` did.
  public enum Recovery: Sendable, Hashable {
    /// The record was finished, or there is no release: nothing was done.
    case nothing
    /// The interrupted removal was carried through.
    case uninstalled
    /// The release went back to this revision, as a new one.
    case rolledBack(to: Int)
  }

  /// Finishes what a crash interrupted, so that Helm takes the next operation on the release.
  ///
  /// A removal is carried through. Any other operation is rolled back to the last revision that was deployed; a first
  /// installation, which has none, to itself: its objects stay, and are applied again. Call it only when no other
  /// process works on the release, since Helm's record of a running operation looks the same.
  public func recover(_ release: ReleaseIdentity) async throws -> Recovery {
    let answer = try await perform(HelmRequest(.recover, release)).header
    if answer["uninstalled"]?.bool == true { return .uninstalled }
    return answer["rolledBackTo"]?.int.map(Recovery.rolledBack) ?? .nothing
  }
}
