/// The changes of some kinds, in the order of their revisions and without gaps, from a revision on.
///
/// A watch ends (nil) when its task is cancelled or the store is closed. A reader that keeps up is served from memory shared by
/// all watchers; one that does not reads the history from disk, so it costs nothing while it is slow. Every
/// iterator begins at the watch's revision.
public struct StoreWatch: AsyncSequence, Sendable {
  /// What one wait for a change brought.
  public enum Step: Sendable {
    /// The next change.
    case event(StoreEvent)
    /// No change within the time: all changes of the watched kinds up to this revision have been handed out, so that
    /// a later watch may begin there (a bookmark).
    case idle(Revision)
    /// The watch has ended.
    case ended
  }

  let log: EventLog
  let history: any EventHistory
  let kinds: Set<String>
  let start: Revision

  /// When a change became durable; nil where it is so long ago that memory no longer holds it.
  public func committed(_ revision: Revision) -> ContinuousClock.Instant? { log.committed(revision) }

  /// Begins at the watch's revision.
  public func makeAsyncIterator() -> Iterator {
    Iterator(watch: self)
  }

  /// Hands out one change after the other. Not to be shared between tasks.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private let watch: StoreWatch
    private var cursor: UInt64
    private var page: ArraySlice<StoreEvent> = []

    init(watch: StoreWatch) {
      self.watch = watch
      self.cursor = watch.start.value
    }

    /// The next change; nil when the watch has ended.
    public mutating func next() async throws(StoreError) -> StoreEvent? {
      guard case .event(let event) = try await next(within: nil) else { return nil }
      return event
    }

    /// The next change, for `AsyncSequence`.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> StoreEvent? {
      try await next()
    }

    /// The next changes, as many as are at hand and one at least; nil when the watch has ended.
    public mutating func nextPage() async throws(StoreError) -> [StoreEvent]? {
      guard let first = try await next() else { return nil }
      defer { page = [] }
      return [first] + page
    }

    /// The next change, or word that there was none within the time; nil waits for ever.
    public mutating func next(within time: Duration?) async throws(StoreError) -> Step {
      while true {
        if let event = page.popFirst() { return .event(event) }
        // An empty slice would keep all that it was cut from.
        page = []
        if Task.isCancelled { return .ended }
        switch watch.log.read(after: cursor, kinds: watch.kinds) {
        case .page(let events, let reached):
          page = events[...]
          cursor = reached
        case .onDisk(let through):
          try await readHistory(through: through)
        case .caughtUp:
          switch await watch.log.wait(at: cursor, kinds: watch.kinds, within: time) {
          case .changed(let reached): cursor = reached
          case .idle(let reached):
            cursor = reached
            return .idle(Revision(reached))
          case .refused:
            throw StoreError(
              .limitExceeded, "the store has \(StoreLimits.watchers) waiting watchers already (limit watchers)")
          }
        case .closed:
          return .ended
        }
      }
    }

    private mutating func readHistory(through: UInt64) async throws(StoreError) {
      do {
        let found = try await watch.history.page(after: cursor, through: through, kinds: watch.kinds)
        page = found.events[...]
        cursor = found.reached
      } catch let error as StoreError where error.code != .closed {
        throw error
      } catch is CancellationError {
        return
      } catch let error as StoreError {
        guard error.code == .closed else { throw error }
        watch.log.close()
      } catch {
        throw StoreError(.unavailable, "cannot read the store's history: \(error)", cause: error)
      }
    }
  }
}

/// Where a watcher reads what memory no longer holds.
protocol EventHistory: Sendable {
  /// The oldest changes in `after + 1 ... through` of the kinds (empty: all), at most ``StoreLimits/watchPage``, and the revision
  /// up to which nothing was left out. Throws ``StoreError/Code/compacted`` where the history starts later.
  func page(after: UInt64, through: UInt64, kinds: Set<String>) async throws -> (events: [StoreEvent], reached: UInt64)
}
