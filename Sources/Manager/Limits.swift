/// Bounds of the manager's own work; the store's, the bus's and the API's are in their rooms.
public enum Limits {
  /// Attempts of one read-modify-write before it is left to a later retry.
  public static let conflictRetries = 16
  /// BundleDeployments written in one transaction.
  public static let deploymentsPerCommit = 256
  /// Bundle reconciliations under way at once.
  public static let bundleWorkers = 4
  /// Git repositories being looked after at once. Most of that is waiting for servers; threads of libgit2's and chart fetches
  /// have limits of their own.
  public static let gitWorkers = 64
  /// Bytes of one content blob answered in one chunk of Content.Fetch.
  public static let contentChunkBytes = 256 * 1024
  /// Summaries written at once.
  public static let summaryWorkers = 32
  /// Clusters being set up or removed at once.
  public static let clusterWorkers = 16
  /// Seconds a blob that nothing refers to is kept: longer than any write that is about to refer to it takes.
  public static let unreferencedBlobSeconds = 600
  /// Milliseconds that changes of deployments are gathered before they are counted, and those of counts before summaries are
  /// written.
  public static let summaryDebounceMilliseconds = 25
  /// How much longer changes are gathered for each that waits, and those of a GitRepo for each deployment that it has.
  public static let summaryPausePerDeployment: Duration = .microseconds(100)
  /// How long changes are gathered at the most.
  public static let summaryPauseMax: Duration = .seconds(1)
  /// How much longer a Cluster's status is not written while a deployment waits for its agent, for each deployment that the bundle has:
  /// in a rollout over many clusters the answer comes in that time, and mostly leaves the status as it was.
  public static let summaryAnswerPausePerDeployment: Duration = .microseconds(300)
  /// How long that is at the most.
  public static let summaryAnswerPauseMax: Duration = .seconds(3)
  /// How long a quiet API watch waits before it tells its client how far it has come.
  public static let watchIdle: Duration = .seconds(30)
  /// Manifests kept in memory for readers of Bundles and Contents.
  public static let recentManifests = 8
  /// Deployment options kept in memory for readers of BundleDeployments.
  public static let recentPayloads = 256
  /// Bytes of rendered Helm values kept in memory for the next evaluation of a rollout.
  public static let renderedValuesBytes = 128 << 20
  /// How often unreferenced content is looked for.
  public static let garbageInterval: Duration = .seconds(300)
  /// Seconds that an Event is kept after it last happened.
  public static let eventSeconds = 3600
  /// Steps of one session that may wait before its agent's next message is read.
  public static let sessionDirectives = 64
  /// Digests of blobs that a session remembers to have told its agent of.
  public static let sessionDigests = 512
  /// The largest blob, in bytes, that goes along with the deployment that refers to it instead of being fetched.
  public static let inlineBlobBytes = 8 << 10
  /// Bytes of such blobs in one message, which so stays among those that go out several at a time.
  public static let inlineBytes = 12 << 10
  /// Bytes of small blobs kept in memory for the agents that ask for them at the same time.
  public static let recentBlobBytes = 16 << 20
  /// Different statuses that are kept as read, for the agents that say the same at the same time.
  public static let recentStatuses = 128
  /// The longest of them, in bytes.
  public static let recentStatusBytes = 4 << 10
  /// How often a connected agent's last-seen time is written. Readers see when it was heard of in any case;
  /// this is for those who come after a crash.
  public static let checkInInterval: Duration = .seconds(900)
  /// Into so many turns the agents are parted, so that their times are not all written at once.
  public static let checkInTicks = 450
  /// How long an agent whose session ended may take to come back before it is called offline.
  public static let agentAbsence: Duration = .seconds(1)
  /// The least time that agents have to come back to a manager that has just started before they are called offline: longer than
  /// the longest pause between their attempts.
  public static let returnOfAgents: Duration = .seconds(45)
  /// Starts of a manager on one store that are remembered, so that agents tell a restored store from a restarted manager.
  public static let lineageEntries = 1000
  /// How long statuses are gathered before a rollout that waits for them is evaluated again.
  public static let rolloutDebounce: Duration = .milliseconds(200)
  /// How much longer for each cluster that the rollout looks at.
  public static let rolloutPausePerCluster: Duration = .microseconds(20)
  /// The same where no deployment waits for the evaluation, which then only counts.
  public static let rolloutNumbersPausePerCluster: Duration = .microseconds(400)
  /// How long statuses are gathered at the most.
  public static let rolloutDebounceMax: Duration = .milliseconds(4_200)
  /// How soon a rollout that has more deployments to make goes on.
  public static let rolloutPause: Duration = .milliseconds(20)
  /// How soon deployments for which no version could be made are tried again without a reason from outside.
  public static let failedDeploymentRetry: Duration = .seconds(300)
  /// Seconds that the removal of a Cluster waits for its agent to take everything off it.
  public static let clusterRemovalSeconds = 20
  /// How long a removal waits before it looks again whether what must go first has gone.
  public static let removalPoll: Duration = .milliseconds(200)
  /// Seconds before a failed reconciliation is tried again, at the most.
  public static let retrySecondsMax = 60
  /// Seconds for which the answer to a version constraint, a tag or a branch is used without asking again.
  public static let chartRefreshSeconds: Int64 = 300
  /// Bytes of fetched charts kept on disk; the longest unused go first.
  public static let chartCacheBytes = 2 << 30
  /// Questions whose answers are kept on disk.
  public static let chartCacheRecords = 10_000
  /// Bytes of a chart's address.
  public static let chartAddressBytes = 4096
  /// Charts being fetched at once.
  public static let chartFetches = 4
  /// Charts being fetched from one server at once.
  public static let chartFetchesPerServer = 2
  /// Threads that read and unpack fetched charts.
  public static let chartReaders = 4
  /// How many times a build asks for charts, each time for those that the last ones need.
  public static let chartRounds = 5
  /// Different charts that one repository takes from elsewhere.
  public static let chartsPerBuild = 1_000
  /// Bytes of all charts that one repository takes from elsewhere, unpacked and packed.
  public static let chartBytesPerBuild = 512 << 20
  /// Mirrors of repositories that charts come from; beyond that the longest unused go.
  public static let chartMirrors = 64
  /// Seconds that a mirror of a chart's repository stays after its last use, however many there are.
  public static let chartMirrorSeconds = 600
  /// Bytes fetched at once from a repository that a chart comes from.
  public static let chartMirrorBytes = 256 << 20
  /// Seconds before a build that lacked a chart is tried again; doubled each time.
  public static let chartRetrySeconds = 15.0
  /// Seconds before a build that lacked a chart is tried again, at the most.
  public static let chartRetrySecondsMax = 600.0
  /// Agents being installed into clusters at once.
  public static let importWorkers = 4
  /// The first and the longest pause before a failed installation of an agent is tried again.
  public static let importBackoff = (first: Duration.seconds(2), last: Duration.seconds(300))
  /// How long a cluster that an agent is to be installed into may take to answer one request.
  public static let importRequestTimeout: Duration = .seconds(20)
  /// How soon it is looked again whether a token of the manager's own making has its Secret.
  public static let importPoll: Duration = .seconds(1)
  /// Bytes of a kubeconfig that comes with a Cluster.
  public static let importKubeconfigBytes = 1 << 20
  /// Objects of one kind that `/metrics` shows one by one.
  public static let metricObjects = 1_000
  /// How often a GitRepo's progress is written, at the most.
  public static let progressInterval: Duration = .seconds(1)
  /// Deployments of one session for which it is remembered when they were sent and acknowledged last; of more, the
  /// oldest are forgotten first.
  public static let deliveriesRemembered = 2_048
  /// Comparisons with live objects that agents make for readers of the API at the same time; more are answered 429.
  public static let concurrentDiffs = 32
  /// How long an agent may take for one comparison.
  public static let diffDeadline: Duration = .seconds(45)
  /// What is told of a trace's list, such as objects that are not ready.
  public static let tracedEntries = 3
  /// Wrong join tokens that all together may try at once, and the time after which they may try one more.
  public static let enrollmentFailures = (burst: 50, every: Duration.milliseconds(100))
  /// Wrong join tokens that one key may try at once, and the time after which it may try one more.
  public static let enrollmentFailuresPerKey = (burst: 5, every: Duration.seconds(10))
  /// Keys whose wrong join tokens are remembered.
  public static let enrollmentKeysRemembered = 1_024
  /// The most agents that a counted token may be for.
  public static let tokenUses = 100_000
  /// What is kept of the reason for a revocation.
  public static let reasonCharacters = 500
  /// Starts of one cluster's agent that are remembered, to find two agents that share a key.
  public static let agentStartsRemembered = 4
  /// How long an agent may take to change its key, and how soon one that was away is asked again.
  public static let keyRotationDeadline: Duration = .seconds(30)
  /// How soon an agent that was asked to change its key and was away is asked again.
  public static let keyRotationRetry: Duration = .seconds(5)
}
