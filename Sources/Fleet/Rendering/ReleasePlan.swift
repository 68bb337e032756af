import Document

/// A file of a chart.
public struct ChartFile: Sendable, Hashable {
  /// The path relative to the chart's directory.
  public var path: String
  /// The contents.
  public var bytes: [UInt8]

  /// A file.
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// What an agent makes of one deployment's files: the release's name, the chart to render, and the manifests that are
/// added to what it renders (fleet-behaviour §5.2, §5.4).
public struct ReleasePlan: Sendable, Hashable {
  /// What the files are.
  public enum Style: Sendable, Hashable {
    /// A Helm chart in this directory of the bundle (empty for its root), or fetched from elsewhere.
    case helm(directory: String)
    /// A kustomization in this directory of the bundle.
    case kustomize(directory: String)
    /// Manifests.
    case rawYAML
  }

  /// A kustomization of the bundle.
  public struct Kustomization: Sendable, Hashable {
    /// Its directory, relative to the bundle; empty for its root.
    public let directory: String
    /// All files of the bundle.
    public let files: [ChartFile]
  }

  /// What the files are.
  public let style: Style
  /// The release's name.
  public let releaseName: String
  /// The release's namespace.
  public let namespace: String
  /// The chart's metadata: the chart's own Chart.yaml, or a synthesized one, with annotations that identify the release.
  public let chartMetadata: Value
  /// The chart to render, Chart.yaml included. For raw YAML it holds the files of `templates/` alone.
  public let chartFiles: [ChartFile]
  /// Whether rendering ``chartFiles`` can yield anything.
  public let hasTemplates: Bool
  /// Manifests that are no templates, in order of their files; they follow what the chart renders.
  public let rawObjects: [Value]
  /// Helm values, before `valuesFrom` of the cluster.
  public let values: Value
  /// What kustomize is to work on after rendering; nil when it has nothing to do.
  public let kustomization: Kustomization?
  /// What to do with every object after rendering.
  public let postRender: PostRender

  /// Plans a deployment.
  ///
  /// - Parameters:
  ///   - agentScope: tells several agents on one cluster apart; empty for one.
  ///   - agentNamespace: the agent's namespace, recorded with the release.
  /// - Throws: ``FleetError`` that names the file: one that is not YAML, a chart that is not in the bundle, an overlay
  ///   that does not apply.
  public init(
    manifest: Manifest, payload: DeploymentPayload, agentNamespace: String = RegistrationValues.defaultAgentNamespace,
    agentScope: String = ""
  ) throws(FleetError) {
    let options = payload.options
    releaseName = options.releaseName(bundle: payload.bundleName)
    namespace = options.releaseNamespace
    values = options.helm?.values.isNull == false ? options.helm?.values ?? [:] : [:]
    let files = try BundleFiles(manifest)
    let annotations = ReleaseAnnotations(payload: payload, agentNamespace: agentNamespace)
    style = try ReleasePlan.style(of: files, options: options)
    switch style {
    case .helm(let directory):
      let chart = files.below(directory)
      var metadata = try ReleasePlan.metadata(of: chart, directory: directory)
      annotations.add(to: &metadata)
      chartMetadata = metadata
      chartFiles = chart.map { file in
        file.path == "Chart.yaml" ? ChartFile(path: file.path, bytes: Array(YAML.emit(metadata).utf8)) : file
      }
      hasTemplates = true
      rawObjects = []
    case .kustomize, .rawYAML:
      var metadata = ReleasePlan.synthesizedMetadata(payload)
      annotations.add(to: &metadata)
      chartMetadata = metadata
      let raw = style == .rawYAML ? try RawManifests(files, overlays: options.overlays) : nil
      chartFiles =
        [ChartFile(path: "Chart.yaml", bytes: Array(YAML.emit(metadata).utf8))] + (raw?.templates ?? [])
      hasTemplates = !(raw?.templates ?? []).isEmpty
      rawObjects = raw?.objects ?? []
    }
    let directory = ReleasePlan.kustomizeDirectory(options)
    kustomization = files.hasKustomization(in: directory) ? Kustomization(directory: directory, files: files.all) : nil
    postRender = PostRender(payload: payload, agentScope: agentScope)
  }

  static func style(of files: BundleFiles, options: BundleDeploymentOptions) throws(FleetError) -> Style {
    let helm = options.helm ?? HelmOptions()
    let request = ChartRequest(chart: helm.chart, repo: helm.repo, version: helm.version)
    if let directory = files.chartDirectory(below: ".chart/\(request.key)") { return .helm(directory: directory) }
    if helm.repo.isEmpty {
      guard let directory = Paths.resolve(helm.chart) else {
        throw FleetError(.invalidTree, "the chart \(helm.chart) lies outside the bundle", key: "helm.chart")
      }
      if files[Paths.join(directory, "Chart.yaml")] != nil { return .helm(directory: directory) }
    }
    if !helm.chart.isEmpty || !helm.repo.isEmpty {
      throw FleetError(
        .chartUnavailable, "the chart \(request.displayName) is not among the bundle's files", key: "helm.chart")
    }
    let directory = kustomizeDirectory(options)
    if files[Paths.join(directory, "kustomization.yaml")] != nil { return .kustomize(directory: directory) }
    return .rawYAML
  }

  private static func kustomizeDirectory(_ options: BundleDeploymentOptions) -> String {
    options.kustomizeDir.flatMap { Paths.resolve($0) } ?? ""
  }

  private static func metadata(of chart: [ChartFile], directory: String) throws(FleetError) -> Value {
    let file = Paths.join(directory, "Chart.yaml")
    guard let bytes = chart.first(where: { $0.path == "Chart.yaml" })?.bytes else {
      throw FleetError(.chartUnavailable, "there is no Chart.yaml", file: file)
    }
    do {
      guard let metadata = try YAML.parse(bytes, file: file).first, metadata.object != nil else {
        throw FleetError(.invalidDocument, "must be an object", file: file)
      }
      return metadata
    } catch let error as DocumentError {
      throw FleetError(.invalidDocument, error.message, file: file, line: error.line, cause: error)
    } catch let error as FleetError {
      throw error
    } catch {
      throw FleetError(.invalidDocument, "\(error)", file: file, cause: error)
    }
  }

  private static func synthesizedMetadata(_ payload: DeploymentPayload) -> Value {
    let source = payload.commit.isEmpty ? payload.manifestID : "git-\(payload.commit.prefix(12))"
    return ["apiVersion": "v2", "name": .string(payload.bundleName), "version": .string("v0.0.0+\(source)")]
  }
}

/// Annotations in Chart.yaml by which an agent knows its releases again (fleet-behaviour §5.4).
public struct ReleaseAnnotations: Sendable, Hashable {
  /// The bundle that a release belongs to.
  public static let bundleID = "fleet.cattle.io/bundle-id"
  /// The namespace of the agent that made it.
  public static let agentNamespace = "fleet.cattle.io/agent-namespace"
  /// The service account that the agent acted as.
  public static let serviceAccount = "fleet.cattle.io/service-account"
  /// Whether objects stay when the release goes.
  public static let keepResources = "fleet.cattle.io/keep-resources"
  /// The commit that it was made from.
  public static let commit = "fleet.cattle.io/commit"

  /// The annotations.
  public let values: [String: String]

  init(payload: DeploymentPayload, agentNamespace: String) {
    values = [
      Self.bundleID: payload.bundleName, Self.agentNamespace: agentNamespace,
      Self.serviceAccount: payload.options.serviceAccount, Self.commit: payload.commit,
      Self.keepResources: payload.options.keepResources ? "true" : "false",
    ]
  }

  func add(to metadata: inout Value) {
    if metadata["annotations"]?.object == nil { metadata["annotations"] = [:] }
    for (key, value) in values { metadata.set(.string(value), at: "annotations", key) }
  }
}
