import Fleet

extension BundleDeploymentStatus.Observation {
  /// Compares what was deployed with what is there (fleet-behaviour §5.7).
  ///
  /// - Parameters:
  ///   - deployed: the objects of the release.
  ///   - previous: objects of the release's revision before that are none of `deployed`.
  ///   - labelled: the live objects that carry the release's label.
  ///   - foreign: objects of `deployed` that are there without our label.
  ///   - rules: what does not count.
  init(
    deployed: [ObjectIdentity], previous: [ObjectIdentity] = [], labelled: [LiveObject], foreign: Set<ObjectIdentity>,
    rules: DriftRules = DriftRules()
  ) {
    self.init()
    let wanted = Set(deployed.map(\.unversioned))
    let leftOver = Set(previous.map(\.unversioned)).subtracting(wanted)
    let present = Set(labelled.map(\.identity.unversioned))
    // Hooks and what controllers copy from an object carry the label too; only what was deployed counts.
    for object in labelled {
      let key = object.identity.unversioned
      let isLeftOver = leftOver.contains(key)
      guard isLeftOver || wanted.contains(key) else { continue }
      live.append(DeployedResource(object.identity, createdAt: object.createdAt))
      if let summary = object.notReady {
        nonReady.append(NonReadyStatus(uid: object.uid, object.identity, summary: summary))
      }
      guard !rules.ignores(object.identity) else { continue }
      if isLeftOver {
        modified.append(ModifiedStatus(object.identity, delete: true))
      } else if case .differs(let patch, _) = object.comparison {
        modified.append(ModifiedStatus(object.identity, patch: patch))
      }
    }
    for identity in deployed where !present.contains(identity.unversioned) && !rules.ignores(identity) {
      modified.append(ModifiedStatus(identity, missing: true, exist: foreign.contains(identity)))
    }
  }
}
