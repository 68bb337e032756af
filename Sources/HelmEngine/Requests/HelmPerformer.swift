import CHelm
import Document
import Synchronization

/// Who performs an engine's requests.
protocol HelmPerformer: Sendable {
  /// Performs a request, in the turn of its release. Throws `HelmError` or `CancellationError`.
  func perform(_ request: HelmRequest) async throws -> WorkerMessage
}

/// Helm in this process, on threads of its own.
final class HelmThreads: HelmPerformer {
  private let pool: WorkerPool
  private let libraryPath: String?
  private let loaded = Mutex<Loaded?>(nil)

  private struct Loaded {
    let library: HelmLibrary
    let configurations: ConfigurationPool
  }

  init(libraryPath: String?, threads: Int) {
    self.libraryPath = libraryPath
    pool = WorkerPool(threads: threads, capacity: Limits.queuedOperations)
  }

  func perform(_ request: HelmRequest) async throws -> WorkerMessage {
    try await pool.perform(key: request.turn) { [self] in
      let loaded = try load()
      let session = HelmSession(
        library: loaded.library, configurations: loaded.configurations, connection: request.connection)
      return try session.answer(request)
    }
  }

  /// Called on the pool's threads: loading blocks.
  private func load() throws -> Loaded {
    try loaded.withLock { loaded in
      if let loaded { return loaded }
      let library = try HelmLibrary.load(path: libraryPath)
      let new = Loaded(library: library, configurations: ConfigurationPool(library: library))
      loaded = new
      return new
    }
  }
}
