import Fleet

/// Options that this version accepts, because Fleet's manifests have them, and does not act on yet. Whoever sets one is told, so
/// that nobody relies on it (docs/compatibility.md says which they are).
enum UnsupportedOptions {
  /// One note for each such option of a GitRepo.
  static func notes(_ repo: GitRepo) -> [String] {
    let spec = repo.spec
    let options: [(name: String, isSet: Bool)] = [
      ("imageScanCommit", spec.imageScanCommit != nil), ("imageScanInterval", spec.imageScanInterval != nil),
      ("ociRegistrySecret", !spec.ociRegistrySecret.isEmpty), ("webhookSecret", !spec.webhookSecret.isEmpty),
    ]
    return options.filter(\.isSet).map {
      "spec.\($0.name): is accepted, and has no effect in this version of Flotilla"
    }
  }
}
