import Store

/// One watch of the store, read step by step from a stream that a client pulls.
actor StoreEventPuller {
  private var iterator: StoreWatch.Iterator

  init(_ watch: StoreWatch) {
    iterator = watch.makeAsyncIterator()
  }

  /// The next change, or `.idle` after `Limits.watchIdle` without one, so that the client's revision stays young.
  func next() async throws -> StoreWatch.Step {
    // Taken out while it waits: only one reader pulls a stream.
    var iterator = iterator
    let step = try await iterator.next(within: Limits.watchIdle)
    self.iterator = iterator
    return step
  }
}
