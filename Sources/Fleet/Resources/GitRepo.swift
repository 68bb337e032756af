import Document

/// What a GitRepo wants (fleet-behaviour §1.2).
public struct GitRepoSpec: FleetSpec {
  /// A bundle of a user-driven scan: a directory and the options file to use instead of fleet.yaml.
  public struct BundlePath: Sendable, Hashable {
    /// The bundle's directory.
    public var base: String
    /// The options file relative to ``base``; empty means fleet.yaml.
    public var options: String

    /// A bundle of a user-driven scan.
    public init(base: String, options: String = "") {
      self.base = base
      self.options = options
    }
  }

  /// The repository's address.
  public var repo = ""
  /// The branch to follow; empty means ``defaultBranch``.
  public var branch = ""
  /// A commit or tag to stay at.
  public var revision = ""
  /// Forces every bundle's objects into this namespace.
  public var targetNamespace = ""
  /// The Secret with the git server's credentials.
  public var clientSecretName = ""
  /// The Secret with credentials for chart repositories.
  public var helmSecretName = ""
  /// The Secret with credentials for chart repositories by path.
  public var helmSecretNameForPaths = ""
  /// Credentials are sent only to chart repositories that match.
  public var helmRepoURLRegex = ""
  /// A PEM certificate authority for the git server, in base64 as the field stores it.
  public var caBundle = ""
  /// Do not verify the git server's certificate.
  public var insecureSkipTLSVerify = false
  /// Directories to scan, globs allowed; empty means the root.
  public var paths: [String] = []
  /// Bundles of a user-driven scan; when not empty, ``paths`` is not scanned.
  public var bundles: [BundlePath] = []
  /// Make bundles paused.
  public var paused = false
  /// The service account that agents act as.
  public var serviceAccount = ""
  /// Which clusters; empty means the group `default`.
  public var targets: [GitTarget] = []
  /// How often the repository is asked for news; nil means ``defaultPollingInterval``.
  public var pollingInterval: Duration?
  /// Do not poll.
  public var disablePolling = false
  /// A change of this number reads the repository again and deploys everything again.
  public var forceSyncGeneration: Int64 = 0
  /// How often image scan results are committed.
  public var imageScanInterval: Duration?
  /// Author and message of image scan commits.
  public var imageScanCommit: Value?
  /// Keep deployed objects when the GitRepo goes.
  public var keepResources = false
  /// Delete the target namespace when the GitRepo goes.
  public var deleteNamespace = false
  /// Drift correction; nil when absent.
  public var correctDrift: CorrectDrift?
  /// The Secret that describes an OCI registry for bundle contents.
  public var ociRegistrySecret = ""
  /// The Secret of this repository's webhook.
  public var webhookSecret = ""

  /// The branch that is followed when neither branch nor revision is given.
  public static let defaultBranch = "master"
  /// The pause between polls when none is given.
  public static let defaultPollingInterval = Duration.seconds(15)

  /// A spec with every field at its default.
  public init() {}

  /// Reads a spec; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "spec")
    repo = try reader.text("repo")
    branch = try reader.text("branch")
    revision = try reader.text("revision")
    targetNamespace = try reader.text("targetNamespace")
    clientSecretName = try reader.text("clientSecretName")
    helmSecretName = try reader.text("helmSecretName")
    helmSecretNameForPaths = try reader.text("helmSecretNameForPaths")
    helmRepoURLRegex = try reader.text("helmRepoURLRegex")
    caBundle = try reader.text("caBundle")
    insecureSkipTLSVerify = try reader.flag("insecureSkipTLSVerify")
    paths = try reader.strings("paths")
    for bundle in try reader.objects("bundles") ?? [] {
      bundles.append(BundlePath(base: try bundle.text("base"), options: try bundle.text("options")))
    }
    paused = try reader.flag("paused")
    serviceAccount = try reader.text("serviceAccount")
    for target in try reader.objects("targets") ?? [] { targets.append(try GitTarget(target)) }
    pollingInterval = try reader.duration("pollingInterval")
    disablePolling = try reader.flag("disablePolling")
    forceSyncGeneration = try reader.integer("forceSyncGeneration") ?? 0
    imageScanInterval = try reader.duration("imageScanInterval")
    imageScanCommit = try reader.tree("imageScanCommit")
    keepResources = try reader.flag("keepResources")
    deleteNamespace = try reader.flag("deleteNamespace")
    if let drift = try reader.object("correctDrift") { correctDrift = try CorrectDrift(drift) }
    ociRegistrySecret = try reader.text("ociRegistrySecret")
    webhookSecret = try reader.text("webhookSecret")
  }

  /// The spec as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("repo", repo)
    writer.set("branch", branch)
    writer.set("revision", revision)
    writer.set("targetNamespace", targetNamespace)
    writer.set("clientSecretName", clientSecretName)
    writer.set("helmSecretName", helmSecretName)
    writer.set("helmSecretNameForPaths", helmSecretNameForPaths)
    writer.set("helmRepoURLRegex", helmRepoURLRegex)
    writer.set("caBundle", caBundle)
    writer.set("insecureSkipTLSVerify", insecureSkipTLSVerify)
    writer.set("paths", paths)
    writer.set(
      "bundles",
      bundles.map { bundle in
        var entry = FieldWriter()
        entry.set("base", bundle.base)
        entry.set("options", bundle.options)
        return entry.value
      })
    writer.set("paused", paused)
    writer.set("serviceAccount", serviceAccount)
    writer.set("targets", targets.map(\.value))
    writer.set("pollingInterval", pollingInterval.map { .string(GoDuration.format($0)) })
    writer.set("disablePolling", disablePolling)
    writer.set("forceSyncGeneration", forceSyncGeneration)
    writer.set("imageScanInterval", imageScanInterval.map { .string(GoDuration.format($0)) })
    writer.set("imageScanCommit", imageScanCommit)
    writer.set("keepResources", keepResources)
    writer.set("deleteNamespace", deleteNamespace)
    writer.set("correctDrift", correctDrift?.value)
    writer.set("ociRegistrySecret", ociRegistrySecret)
    writer.set("webhookSecret", webhookSecret)
    return writer.value
  }

  /// The pause between polls that is in force: nil and 0 mean the default.
  public var effectivePollingInterval: Duration {
    guard let pollingInterval, pollingInterval > .zero else { return GitRepoSpec.defaultPollingInterval }
    return pollingInterval
  }

  /// The branch that is in force; nil when ``revision`` decides.
  public var effectiveBranch: String? {
    guard revision.isEmpty else { return nil }
    return branch.isEmpty ? GitRepoSpec.defaultBranch : branch
  }
}

extension FieldReader {
  func duration(_ key: String) throws(FleetError) -> Duration? {
    guard let text = try string(key), !text.isEmpty else { return nil }
    do {
      return try GoDuration.parse(text)
    } catch {
      throw FleetError(.invalidField, error.message, key: path(of: key))
    }
  }
}

/// A git repository whose directories become bundles.
public struct GitRepo: FleetResource {
  /// The kind's name.
  public static let kind = "GitRepo"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: GitRepoSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A GitRepo.
  public init(metadata: ObjectMeta, spec: GitRepoSpec, status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// The commit that is deployed; empty before the first one.
  public var commit: String { status["commit"]?.string ?? "" }
}
