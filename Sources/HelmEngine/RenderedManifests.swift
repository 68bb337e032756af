/// What the API of a cluster offers, for templates that ask.
public struct KubernetesCapabilities: Sendable, Hashable {
  /// The Kubernetes version, `v1.31.2` for example; nil takes the one that Helm was built for.
  public var version: String?

  /// Group versions and kinds beside those of Helm's own list, as `GROUP/VERSION` and `GROUP/VERSION/KIND`. Helm's list
  /// is that of its Kubernetes libraries, and cannot be made shorter.
  public var apiVersions: [String]

  /// Makes capabilities.
  public init(version: String? = nil, apiVersions: [String] = []) {
    self.version = version
    self.apiVersions = apiVersions
  }
}

/// How a chart is rendered.
public struct RenderOptions: Sendable, Hashable {
  /// Whether `.Release.IsUpgrade` is true instead of `.Release.IsInstall`.
  public var isUpgrade = false
  /// `.Release.Revision`, from 1.
  public var revision = 1
  /// Gives the files below `crds/` too.
  public var includeCRDs = false
  /// Makes it an error that a template names a value that is not there. Has no effect beside `lookup`.
  public var strict = false
  /// Keeps the template function `getHostByName` from asking any name server.
  public var disableDNS = false
  /// Accepts values that break the chart's schema.
  public var skipSchemaValidation = false
  /// Lets the template function `lookup` see the cluster's objects; otherwise it finds nothing.
  public var lookup = false

  /// The defaults.
  public init() {}
}

/// One template's output.
public struct RenderedFile: Sendable, Hashable {
  /// The template's path, the chart's name first: `web/templates/deployment.yaml`.
  public let path: String
  /// Its YAML documents' texts, without hooks. Those that hold nothing are left out.
  public let documents: [String]
  /// The documents that Helm treats as hooks.
  public let hooks: [String]
}

/// What a chart's templates gave.
public struct RenderedManifests: Sendable, Hashable {
  /// The templates that gave something, by path.
  public let files: [RenderedFile]
  /// The files below `crds/` of the chart and its subcharts, where they were asked for; unique paths below `crds/`.
  public let crds: [ChartFile]
  /// The chart's own notes, empty where it has none.
  public let notes: String

  /// The objects, without hooks: documents that begin with `---` and a comment that names the template.
  public var manifests: String { text(\.documents) }

  /// The hooks, in the same form.
  public var hooks: String { text(\.hooks) }

  private func text(_ documents: KeyPath<RenderedFile, [String]>) -> String {
    files.map { file in
      file[keyPath: documents].map { "---\n# Source: \(file.path)\n\($0)\n" }.joined()
    }.joined()
  }
}
