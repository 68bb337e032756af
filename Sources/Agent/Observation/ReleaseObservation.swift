import Fleet

extension BundleDeploymentStatus.Observation {
  /// Compares what was deployed with what is there (fleet-behaviour §5.7). Whether a field differs is not looked at here.
  ///
  /// - Parameters:
  ///   - deployed: the objects of the release.
  ///   - labelled: the live objects that carry the release's label.
  ///   - foreign: objects of `deployed` that are there without our label.
  init(deployed: [ObjectIdentity], labelled: [LiveObject], foreign: Set<ObjectIdentity>) {
    self.init()
    let wanted = Set(deployed.map(\.unversioned))
    let present = Set(labelled.map(\.identity.unversioned))
    // Hooks and what controllers copy from an object carry the label too; only what was deployed counts.
    for object in labelled where wanted.contains(object.identity.unversioned) {
      live.append(DeployedResource(object.identity, createdAt: object.createdAt))
      if let summary = object.notReady {
        nonReady.append(NonReadyStatus(uid: object.uid, object.identity, summary: summary))
      }
    }
    for identity in deployed where !present.contains(identity.unversioned) {
      modified.append(ModifiedStatus(identity, missing: true, exist: foreign.contains(identity)))
    }
  }
}
