/// What a GitRepo or the command line adds to every bundle of a repository (fleet-behaviour §2.3, §9.1).
public struct BuildOptions: Sendable, Hashable {
  /// The bundles' namespace.
  public var namespace = ""
  /// The commit, for the label `fleet.cattle.io/commit`; empty for none.
  public var commit = ""
  /// Labels of every bundle; those in fleet.yaml win.
  public var labels: [String: String] = [:]
  /// The label `fleet.cattle.io/repo-name`; nil for bundles that belong to no GitRepo.
  public var repoLabel: String?
  /// The clusters; also the restrictions. Empty means the group `default`, unrestricted where ``restrict`` is off.
  public var targets: [GitTarget] = []
  /// Whether ``targets`` also become `targetRestrictions`, as a GitRepo's do.
  public var restrict = true
  /// Targets and restrictions in place of ``targets`` and ``restrict``; nil where there is no such file.
  public var targetsFile: TargetsFile?
  /// Forces every object into this namespace; empty for none.
  public var targetNamespace = ""
  /// The service account; empty leaves fleet.yaml's.
  public var serviceAccount = ""
  /// Goes into every bundle's options.
  public var forceSyncGeneration: Int64 = 0
  /// Make bundles paused.
  public var paused = false
  /// Keep objects.
  public var keepResources = false
  /// Delete the target namespace.
  public var deleteNamespace = false
  /// Replaces fleet.yaml's when enabled.
  public var correctDrift = CorrectDrift()
  /// A file, relative to each bundle's directory, to use instead of fleet.yaml; nil for fleet.yaml.
  public var configurationFile: String?
  /// Directories that are one bundle each; when not empty, paths are not scanned.
  public var drivenBundles: [GitRepoSpec.BundlePath] = []
  /// Store every file compressed.
  public var compress = false
  /// Whether `imageScans` in a fleet.yaml are allowed.
  public var imageScans = false

  /// Options that add nothing.
  public init() {}

  /// What a GitRepo adds to the bundles of one commit.
  public init(gitRepo: GitRepo, commit: String) {
    namespace = gitRepo.metadata.namespace
    self.commit = commit
    labels = gitRepo.metadata.labels
    repoLabel = gitRepo.metadata.name
    targets = gitRepo.spec.targets.isEmpty ? [.defaultTarget] : gitRepo.spec.targets
    targetNamespace = gitRepo.spec.targetNamespace
    serviceAccount = gitRepo.spec.serviceAccount
    forceSyncGeneration = gitRepo.spec.forceSyncGeneration
    paused = gitRepo.spec.paused
    keepResources = gitRepo.spec.keepResources
    deleteNamespace = gitRepo.spec.deleteNamespace
    correctDrift = gitRepo.spec.correctDrift ?? CorrectDrift()
    drivenBundles = gitRepo.spec.bundles
  }
}
