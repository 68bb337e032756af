/// Bounds of the manager's own work; the store's, the bus's and the API's are in their rooms.
public enum Limits {
  /// Attempts of one read-modify-write before it is left to a later retry.
  public static let conflictRetries = 16
  /// BundleDeployments written in one transaction.
  public static let deploymentsPerCommit = 256
  /// Bundle reconciliations under way at once.
  public static let bundleWorkers = 4
  /// Git repositories being read at once; each may hold one thread of libgit2's.
  public static let gitWorkers = 8
  /// Bytes of one content blob answered in one chunk of Content.Fetch.
  public static let contentChunkBytes = 256 * 1024
  /// Summaries written at once.
  public static let summaryWorkers = 4
  /// Seconds a blob that nothing refers to is kept: longer than any write that is about to refer to it takes.
  public static let unreferencedBlobSeconds = 600
  /// Milliseconds that status changes are gathered before summaries are written.
  public static let summaryDebounceMilliseconds = 50
  /// How long a quiet API watch waits before it tells its client how far it has come.
  public static let watchIdle: Duration = .seconds(30)
  /// Manifests kept in memory for readers of Bundles and Contents.
  public static let recentManifests = 8
  /// Deployment options kept in memory for readers of BundleDeployments.
  public static let recentPayloads = 256
  /// How often unreferenced content is looked for.
  public static let garbageInterval: Duration = .seconds(300)
  /// Seconds that an Event is kept after it last happened.
  public static let eventSeconds = 3600
  /// Steps of one session that may wait before its agent's next message is read.
  public static let sessionDirectives = 64
  /// How often a connected agent's last-seen time is written.
  public static let checkInInterval: Duration = .seconds(60)
  /// How long statuses are gathered before a rollout that waits for them is evaluated again.
  public static let rolloutDebounce: Duration = .milliseconds(200)
  /// How soon a rollout that has more deployments to make goes on.
  public static let rolloutPause: Duration = .milliseconds(20)
  /// Seconds that the removal of a Cluster waits for its agent to take everything off it.
  public static let clusterRemovalSeconds = 20
  /// How long a removal waits before it looks again whether what must go first has gone.
  public static let removalPoll: Duration = .milliseconds(200)
  /// Seconds before a failed reconciliation is tried again, at the most.
  public static let retrySecondsMax = 60
}
