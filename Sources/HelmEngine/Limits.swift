/// The limits of this module: every input and every queue has one.
public enum Limits {
  /// The bytes of all files of one chart, unpacked. Helm itself refuses more than 100 MiB.
  public static let chartBytes = 64 << 20

  /// The bytes of one file of a chart, unpacked. Helm itself refuses a larger one.
  public static let chartFileBytes = 5 << 20

  /// The files of one chart.
  public static let chartFiles = 20_000

  /// The bytes of a chart file's path.
  public static let chartPathBytes = 1024

  /// The bytes of the manifests of one release.
  public static let manifestBytes = 32 << 20

  /// The bytes of one template of a wrapper chart: below `chartFileBytes`, so that a part always fits.
  public static let wrapperTemplateBytes = 4 << 20

  /// The bytes of one release's values as JSON.
  public static let valuesBytes = 8 << 20

  /// The threads that call Helm, unless an engine is told otherwise.
  public static let workerThreads = 4

  /// The most threads that an engine may be told to use.
  public static let workerThreadsMaximum = 64

  /// The operations of one engine that wait for a thread or for their release's turn.
  public static let queuedOperations = 4096

  /// The seconds that Helm waits for a release's hooks where its options set no time-out.
  public static let hookTimeoutSeconds = 300

  /// The requests that one configuration sends to the API server in a second, over a longer time.
  public static let requestsPerSecond = 200

  /// The requests that one configuration may send at once.
  public static let requestBurst = 400

  /// The cluster configurations that an engine keeps for reuse, of all namespaces together.
  public static let keptConfigurations = 8

  /// The seconds after which a kept configuration is made anew, so that what it learnt of the cluster's API stays fresh.
  public static let keptConfigurationSeconds = 60

  /// The seconds without a request after which a child ends, and gives back what Go's runtime and Helm hold.
  public static let idleChildSeconds = 10

  /// The memory of a child that works on releases.
  public static let releaseMemoryBytes = 2 << 30

  /// The bytes of a value template: Helm takes no larger file in a chart.
  public static let valueTemplateBytes = 4 << 20

  /// The seconds that a value template may take in a worker.
  public static let valueTemplateSeconds = 5

  /// The seconds that a chart's rendering may take in a worker.
  public static let renderSeconds = 30

  /// The memory of a worker that renders.
  public static let renderMemoryBytes = 512 << 20

  /// The requests after which a worker that renders is replaced, so that nothing it keeps can grow for ever.
  public static let requestsPerRenderer = 10_000

  /// The value templates that a worker keeps loaded: one template serves all clusters of a bundle.
  public static let keptTemplates = 64

  /// The most workers that may render at the same time.
  public static let renderersMaximum = 64

  /// The seconds that fetching a chart may take: Fleet's own time-out.
  public static let pullSeconds = 300

  /// The memory of a worker that fetches: Helm holds a repository's whole index in it, some thirty times over. It suffices
  /// for an index of 25 MiB.
  public static let pullMemoryBytes = 1 << 30

  /// The charts that are fetched at the same time; more wait.
  public static let pullsAtOnce = 4

  /// The bytes of a chart's archive.
  public static let chartArchiveBytes = 64 << 20

  /// The bytes of one request to a worker, or of its answer.
  public static let workerMessageBytes = 256 << 20

  /// The processor time of one renderer's whole life, in seconds.
  public static let workerLifetimeSeconds = 1_000_000
}
