/// What one request to a child process may cost. The defaults are those of `Limits`.
public struct HelmWorkerLimits: Sendable, Hashable {
  /// How long a value template may take.
  public var valueTemplateTime: Duration = .seconds(Limits.valueTemplateSeconds)
  /// How long the rendering of a chart may take.
  public var renderTime: Duration = .seconds(Limits.renderSeconds)
  /// The memory of a child that renders, in bytes, Helm's own included.
  public var renderMemoryBytes = Limits.renderMemoryBytes
  /// The requests after which a child that renders is replaced.
  public var requestsPerRenderer = Limits.requestsPerRenderer
  /// How long fetching a chart may take, its repository's index included.
  public var pullTime: Duration = .seconds(Limits.pullSeconds)
  /// The memory of a child that fetches, in bytes: an index or an archive is in it whole.
  public var pullMemoryBytes = Limits.pullMemoryBytes
  /// The bytes of an archive.
  public var archiveBytes = Limits.chartArchiveBytes

  /// The defaults.
  public init() {}
}
