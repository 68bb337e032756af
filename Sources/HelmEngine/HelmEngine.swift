import CHelm
import Document
import Synchronization

/// Renders charts and works on releases with Helm itself.
///
/// Every operation runs on one of the engine's own threads. Operations that write to one release run one after another,
/// in the order of their calls; those on different releases run side by side. Cancelling a task takes its operation out
/// of the queue; one that has begun runs to its end, because Helm would go on applying after it had returned.
///
/// Helm's library is loaded at the first operation.
public final class HelmEngine: Sendable {
  /// What engines that share threads have in common.
  private final class Shared: Sendable {
    let pool: WorkerPool
    private let libraryPath: String?
    private let configurations = Mutex<(library: HelmLibrary, pool: ConfigurationPool)?>(nil)

    init(libraryPath: String?, threads: Int) {
      self.libraryPath = libraryPath
      pool = WorkerPool(threads: threads, capacity: Limits.queuedOperations)
    }

    /// Called on the pool's threads: loading blocks.
    func load() throws -> (library: HelmLibrary, configurations: ConfigurationPool) {
      try configurations.withLock { loaded in
        if let loaded { return (loaded.library, loaded.pool) }
        let library = try HelmLibrary.load(path: libraryPath)
        let pool = ConfigurationPool(library: library)
        loaded = (library, pool)
        return (library, pool)
      }
    }
  }

  private let shared: Shared
  private let connection: ClusterConnection?

  /// Makes an engine; nothing is loaded or contacted yet.
  ///
  /// - Parameters:
  ///   - connection: the cluster; nil makes an engine that only renders.
  ///   - libraryPath: the file of Helm's library; nil takes `HelmLibrary.load`'s default.
  ///   - threads: how many operations may run at the same time, at least 1 and at most `Limits.workerThreadsMaximum`.
  public init(connection: ClusterConnection? = nil, libraryPath: String? = nil, threads: Int = Limits.workerThreads) {
    shared = Shared(libraryPath: libraryPath, threads: min(max(1, threads), Limits.workerThreadsMaximum))
    self.connection = connection
  }

  private init(shared: Shared, connection: ClusterConnection?) {
    self.shared = shared
    self.connection = connection
  }

  /// An engine with the same threads and the same order of operations, and another connection to the same cluster: to
  /// act as another user, for example.
  public func connected(by connection: ClusterConnection) -> HelmEngine {
    HelmEngine(shared: shared, connection: connection)
  }

  /// The version of the Helm that runs here, `v4.2.3` for example. Throws `HelmError` with `libraryMissing`.
  public func helmVersion() async throws -> String {
    try await perform { $0.library.helmVersion }
  }

  /// Charts and configurations that are alive on the library's side, kept configurations included.
  func openHandles() async throws -> Int {
    try await perform { $0.library.openHandles }
  }

  /// What one operation works with, on the thread that performs it.
  struct Session {
    let library: HelmLibrary
    fileprivate let configurations: ConfigurationPool
    fileprivate let connection: ClusterConnection?

    /// Lends the configuration of one namespace's releases.
    func withConfiguration<Result>(namespace: String, _ body: (chelm_handle) throws -> Result) throws -> Result {
      guard let connection else {
        throw HelmError(
          code: .clusterUnreachable, message: "this engine has no cluster: make it with a ClusterConnection")
      }
      return try configurations.with(connection, namespace: namespace, body)
    }

    /// Lends a chart that Helm has loaded.
    func withChart<Result>(_ chart: Chart, doing: String, _ body: (chelm_handle) throws -> Result) throws -> Result {
      let handle = try library.chart(chart, doing: doing)
      defer { library.release(handle) }
      return try body(handle)
    }
  }

  /// Performs `body` on one of the engine's threads, in the turn of `release` if it is named.
  func perform<Result: Sendable>(
    on release: ReleaseIdentity? = nil, _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    let shared = shared
    let connection = connection
    return try await shared.pool.perform(key: release) {
      let (library, configurations) = try shared.load()
      return try body(Session(library: library, configurations: configurations, connection: connection))
    }
  }
}
