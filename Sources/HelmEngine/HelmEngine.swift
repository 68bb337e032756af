import Document

/// Renders charts and works on releases with Helm itself: in a child process, or in this one.
///
/// Operations that write to one release run one after another, in the order of their calls; those on different releases run
/// side by side. Cancelling a task takes its operation out of the queue; one that has begun runs to its end, because Helm would go on
/// applying after it had returned.
///
/// Helm's library, which brings Go's runtime and tens of megabytes, is loaded at the first operation. In a child, those are given
/// back when the engine has had nothing to do for `Limits.idleChildSeconds`, and what a chart's templates do to the process that
/// renders them is done to a child that does nothing else (see ``HelmWorkers``).
public final class HelmEngine: Sendable {
  private let performer: any HelmPerformer
  /// Who renders charts; nil where that is done where all else is.
  let renderers: HelmWorkers?
  let connection: ClusterConnection?

  /// Makes an engine; nothing is started, loaded or contacted yet.
  ///
  /// - Parameters:
  ///   - connection: the cluster; nil makes an engine that only renders.
  ///   - worker: the program that a child is; nil has Helm in this process.
  ///   - libraryPath: the file of Helm's library; nil takes `HelmLibrary.load`'s default.
  ///   - threads: how many operations may run at the same time, at least 1 and at most `Limits.workerThreadsMaximum`.
  public init(
    connection: ClusterConnection? = nil, worker: HelmWorkerCommand? = nil, libraryPath: String? = nil,
    threads: Int = Limits.workerThreads
  ) {
    let threads = min(max(1, threads), Limits.workerThreadsMaximum)
    if let worker {
      performer = HelmChild(command: worker, libraryPath: libraryPath ?? HelmLibrary.defaultPath, threads: threads)
      renderers = HelmWorkers(command: worker, libraryPath: libraryPath)
    } else {
      performer = HelmThreads(libraryPath: libraryPath, threads: threads)
      renderers = nil
    }
    self.connection = connection
  }

  private init(performer: any HelmPerformer, renderers: HelmWorkers?, connection: ClusterConnection?) {
    self.performer = performer
    self.renderers = renderers
    self.connection = connection
  }

  /// An engine with the same children or threads and the same order of operations, and another connection to the same
  /// cluster: to act as another user, for example.
  public func connected(by connection: ClusterConnection) -> HelmEngine {
    HelmEngine(performer: performer, renderers: renderers, connection: connection)
  }

  /// The version of the Helm that runs here, `v4.2.3` for example. Throws `HelmError` with `libraryMissing`.
  public func helmVersion() async throws -> String {
    try await perform(HelmRequest(.version)).header["version"]?.string ?? ""
  }

  /// Charts and configurations that are alive on the library's side, kept configurations included.
  func openHandles() async throws -> Int {
    try await perform(HelmRequest(.openHandles)).header["handles"]?.int ?? 0
  }

  /// Performs a request on this engine's cluster.
  func perform(_ request: HelmRequest) async throws -> WorkerMessage {
    var request = request
    request.connection = connection
    return try await performer.perform(request)
  }

  /// Performs a request that Helm's library answers with JSON.
  func ask(_ request: HelmRequest) async throws -> Value {
    let answer = try await perform(request)
    return try LibraryText.decoded(String(decoding: answer.attachment, as: UTF8.self), doing: request.doing)
  }
}
