import ServiceLifecycle

/// Runs a part until it ends, graceful shutdown begins or its task is cancelled; being told to stop is no failure.
func untilShutdown(_ body: @escaping @Sendable () async throws -> Void) async throws {
  do {
    try await cancelWhenGracefulShutdown { try await body() }
  } catch is CancellationError {
    return
  }
}

/// Runs a controller: follows the store and works off what that queues, until shutdown.
///
/// `change` takes in what the follower tells, `synced` is called after each complete listing, `reconcile` works on one key as
/// ``WorkQueue/run(workers:logger:work:)`` says.
func runController<Key>(
  _ follower: StoreFollower, queue: WorkQueue<Key>, workers: Int,
  reconcile: @escaping @Sendable (Key) async throws -> Duration?,
  change: @escaping @Sendable ([ObjectChange]) async -> Void, synced: @escaping @Sendable () async -> Void = {}
) async throws {
  try await untilShutdown {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await queue.run(workers: workers, logger: follower.logger, work: reconcile) }
      group.addTask { try await follower.run(change: change, synced: synced) }
      // Neither ends by itself; the first that fails ends the other.
      try await group.next()
      group.cancelAll()
    }
  }
}
