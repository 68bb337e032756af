import Fleet

/// Options that this version accepts, because Fleet's manifests have them, and does not act on yet. Whoever sets one is told, so
/// that nobody relies on it (docs/compatibility.md says which they are).
enum UnsupportedOptions {
  /// One note for each such option of a GitRepo and of the bundles made from it.
  static func notes(_ repo: GitRepo, bundles: [Fleet.Bundle]) -> [String] {
    let spec = repo.spec
    let ofRepo: [(name: String, isSet: Bool)] = [
      ("deleteNamespace", spec.deleteNamespace),
      ("imageScanCommit", spec.imageScanCommit != nil), ("imageScanInterval", spec.imageScanInterval != nil),
      ("ociRegistrySecret", !spec.ociRegistrySecret.isEmpty), ("webhookSecret", !spec.webhookSecret.isEmpty),
    ]
    var notes = ofRepo.filter(\.isSet).map { "spec.\($0.name): \(Self.text)" }
    for bundle in bundles {
      let options = bundle.spec.options
      let ofBundle: [(name: String, isSet: Bool)] = [
        ("deleteNamespace", options.deleteNamespace && !spec.deleteNamespace)
      ]
      notes += ofBundle.filter(\.isSet).map { "Bundle \(bundle.metadata.name): \($0.name): \(Self.text)" }
    }
    return notes
  }

  private static let text = "is accepted, and has no effect in this version of Flotilla"
}
