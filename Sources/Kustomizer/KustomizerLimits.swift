/// What one build may be made of and take, and what is kept of builds.
public struct KustomizerLimits: Sendable, Hashable {
  /// The bytes of all files of one build.
  public var inputBytes = 64 << 20
  /// The files of one build.
  public var files = 20_000
  /// The bytes of one file's path.
  public var pathBytes = 1024
  /// The bytes of what one build gives.
  public var outputBytes = 32 << 20
  /// How long one build may take.
  public var wallClock = Duration.seconds(60)
  /// The seconds of processor time of one build.
  public var cpuSeconds = 60
  /// The bytes of memory of one build.
  public var memoryBytes = 512 << 20
  /// The builds that run at once; others wait.
  public var concurrentBuilds = 4
  /// The builds that wait.
  public var waitingBuilds = 1024
  /// The results that are kept.
  public var cachedBuilds = 256
  /// The bytes of all results that are kept, the files that they were made of included.
  public var cachedBytes = 64 << 20

  /// The defaults.
  public init() {}
}
