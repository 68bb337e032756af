/// The limits of the agent, in one place.
public enum AgentLimits {
  /// Deployments of one cluster.
  public static let deployments = 20_000
  /// Bytes of one file of the state directory that is not a blob.
  public static let stateFileBytes = 64 << 20
  /// Bytes of a key file.
  public static let keyFileBytes = 4 << 10
  /// Bytes of one blob.
  public static let blobBytes = 256 << 20
  /// Bytes of an options blob, which is decoded when it arrives.
  public static let payloadBytes = 16 << 20
  /// How soon a Secret with the agent's key that cannot be read or written is tried again, and how often it is compared with the
  /// state directory.
  public static let identityInterval = (first: Duration.seconds(2), last: Duration.seconds(10))
  /// Bytes of a values file.
  public static let valuesBytes = 64 << 10
  /// Blobs that are fetched at the same time.
  public static let concurrentFetches = 8
  /// Bytes of blobs that broke off and are kept to be resumed.
  public static let partialBlobBytes = 64 << 20
  /// Deployments that are worked on at the same time, unless the configuration says otherwise.
  public static let concurrentDeployments = 8
  /// The most deployments that may be worked on at the same time.
  public static let concurrentDeploymentsMaximum = 64
  /// The share of its releases, in percent, that an agent which begins anew removes unasked because they belong to no deployment.
  public static let unconfirmedRemovals = 25
  /// Kinds that are watched at the same time.
  public static let watchedKinds = 1000

  /// Deployments that are looked at to find out whether `dependsOn` goes in a circle.
  public static let dependencySteps = 1000

  /// How long changes of live objects are gathered before a status is made of them.
  public static let observationDebounce = Duration.milliseconds(60)
  /// How often every release is looked at without any event having come; up to a fifth more or less each time, so that the
  /// agents of many clusters do not ask together.
  public static let resyncInterval = Duration.seconds(600)
  /// The first and the longest pause before a release is looked at again while objects of it are missing: nobody tells of an object
  /// that comes back without our label.
  public static let missingInterval = (first: Duration.seconds(10), last: Duration.seconds(600))
  /// The first and the longest pause before a release is looked at again after that failed.
  public static let lookBackoff = (first: Duration.seconds(1), last: Duration.seconds(60))
  /// Changed objects whose text is kept until they are compared; those beyond are read again.
  public static let pendingComparisons = 1000
  /// Objects of one release that are compared at the same time.
  public static let concurrentComparisons = 4
  /// How often an object that changes while it is being compared is compared anew before that is put off.
  public static let comparisonAttempts = 3
  /// Bytes of manifests of releases that are kept to be compared with.
  public static let manifestCacheBytes = 8 << 20
  /// Bytes of one of Helm's records after decompression.
  public static let releaseRecordBytes = 64 << 20
  /// How soon after a correction the same object has to change again for that to be a fight.
  public static let fightWindow = Duration.seconds(5)
  /// Corrections of a fight that are made at once before pauses begin.
  public static let fightAttempts = 3
  /// The first and the longest pause between corrections of a fight, or after one that failed.
  public static let correctionBackoff = (first: Duration.seconds(1), last: Duration.seconds(300))
  /// The first and the longest pause before a failed deployment is tried again.
  public static let retryBackoff = (first: Duration.milliseconds(500), last: Duration.seconds(300))
  /// The pause after a manager's or cluster's refusal that only a person can lift.
  public static let refusalBackoff = (first: Duration.seconds(5), last: Duration.seconds(300))
  /// How long a session has to last for the next connection to be tried with the shortest pause.
  public static let sessionProof = Duration.seconds(2)
  /// How long a session has to last for an agent to be sure that no other one uses its key.
  public static let fenceProof = Duration.seconds(600)
  /// The first and the longest pause between two questions of an agent that waits for its approval.
  public static let approvalPoll = (first: Duration.seconds(1), last: Duration.seconds(5))
  /// How far this machine's clock may be from the manager's before that is said, in seconds.
  public static let clockTolerance = 300
  /// Keys that the manager had before, by which a values file may still name it.
  public static let formerManagerKeys = 8
  /// How long one question about a key may take.
  public static let keyDeadline = Duration.seconds(15)
  /// How soon a change of the agent's key that failed is tried again.
  public static let keyRotationRetry = Duration.seconds(600)
  /// How long one enrolment may take.
  public static let enrollmentDeadline = Duration.seconds(15)
  /// How long the cluster is given to answer one request.
  public static let clusterDeadline = Duration.seconds(20)
  /// Comparisons for the manager (`Cluster.Diff`) that are under way at the same time; more are refused.
  public static let concurrentDiffs = 2
  /// Objects of one deployment that such a comparison looks at; the rest is counted.
  public static let diffedObjects = 2_000
  /// Objects in one answer.
  public static let diffObjectsAnswered = 1_000
  /// Bytes of the objects in one answer, well below what one message of the bus may hold.
  public static let diffBytes = 512 << 10
  /// Bytes that the fields of one object may take in an answer.
  public static let diffBytesPerObject = 64 << 10
  /// How long one comparison may take, whatever the manager allows.
  public static let diffDeadline = Duration.seconds(50)
}
