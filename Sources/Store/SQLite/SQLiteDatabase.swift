import Foundation
import GRDB
import Logging
import Synchronization

/// The database file: reads side by side, one writer in groups, and the log that watchers follow.
final class SQLiteDatabase: Sendable {
  /// One caller's part of a group. It returns what is to be done once the group is durable, or has failed.
  typealias Part = @Sendable (GroupTransaction) throws -> @Sendable (StoreError?) -> Void

  private struct Pending: Sendable {
    let part: Part
    let fail: @Sendable (StoreError) -> Void
  }

  private struct State {
    var queue = WriteQueue<Pending>()
    var closed = false
    var idle: [CheckedContinuation<Void, Never>] = []
  }

  let log: EventLog
  let leases: LeaseTable
  private let file: String
  private let pool: DatabasePool
  private let logger: Logger
  private let configuration: SQLiteStoreConfiguration
  private let state = Mutex(State())
  private let ages: Mutex<RevisionAges>
  private let compaction = Mutex<Task<Void, Never>?>(nil)

  /// Opens or makes the file. Blocks.
  init(file: String, configuration: SQLiteStoreConfiguration) throws {
    self.file = file
    self.configuration = configuration
    logger = configuration.logger
    leases = LeaseTable(uptime: configuration.uptime)
    // SQLite gives its other files the mode of the first: nobody else reads what may be secret.
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError.last("cannot open \(file)") }
    _ = Glibc.close(descriptor)
    do {
      pool = try DatabasePool(path: file, configuration: Self.settings(configuration))
      let found = try pool.writeWithoutTransaction { db in
        try Schema.prepare(db, file: file)
        // GRDB chooses NORMAL for WAL, which acknowledges before the disk has it.
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // The writer looks everything up; what readers lack, the system's own cache has.
        try db.execute(sql: "PRAGMA cache_size = -16384")
        if let bytes = configuration.maximumBytes {
          let page = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
          try db.execute(sql: "PRAGMA max_page_count = \(max(1, bytes / page))")
        }
        return try StateTable.read(db)
      }
      log = EventLog(last: found.revision, horizon: found.horizon)
      ages = Mutex(RevisionAges(start: found.revision, at: configuration.uptime()))
    } catch {
      throw SQLiteFailure.error(error, file: file)
    }
  }

  deinit {
    compaction.withLock { $0?.cancel() }
    log.close()
  }

  private static func settings(_ configuration: SQLiteStoreConfiguration) -> Configuration {
    var settings = Configuration()
    settings.label = "flotilla.store"
    settings.maximumReaderCount = max(1, configuration.readers)
    settings.busyMode = .timeout(10)
    settings.prepareDatabase { db in
      try db.execute(sql: "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY")
    }
    return settings
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    try checkOpen()
    do {
      return try await pool.read(body)
    } catch {
      // An interrupted statement has its own error; what the caller did is what it should hear.
      if Task.isCancelled || error is CancellationError { throw CancellationError() }
      throw SQLiteFailure.error(error, file: file)
    }
  }

  /// Queues one caller's part and returns its outcome once its group is durable. A part with one write (`count`) throws a `StoreError`
  /// before it has changed anything.
  func write<T: Sendable>(
    count: Int, bytes: Int, _ body: @escaping @Sendable (GroupTransaction) throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
      let pending = Pending(
        part: { transaction in
          let outcome = try transaction.part(needsSavepoint: count != 1, body)
          return { failure in
            if let failure {
              continuation.resume(throwing: failure)
            } else {
              continuation.resume(with: outcome.mapError { $0 })
            }
          }
        },
        fail: { continuation.resume(throwing: $0) })
      enqueue(pending, count: count, bytes: bytes)
    }
  }

  func watch(kinds: Set<String>, after: Revision) throws -> StoreWatch {
    try checkOpen()
    guard after.value <= log.last else {
      throw StoreError(
        .revisionAhead, "revision \(after) has not happened in this store, which is at \(log.last); list again")
    }
    let horizon = log.horizon
    guard after.value >= horizon else { throw HistoryTable.compacted(after: after.value, horizon: horizon) }
    return StoreWatch(log: log, history: self, kinds: kinds, start: after)
  }

  func checkOpen() throws {
    guard state.withLock({ !$0.closed }) else { throw StoreError(.closed, "the store \(file) has been closed") }
  }

  func checkOpen<T>(_ body: () async throws -> T) async throws -> T {
    try checkOpen()
    return try await body()
  }

  /// Ends all watches, waits for the writes under way, and closes the file.
  func close() async throws {
    let task = compaction.withLock { task in
      defer { task = nil }
      return task
    }
    task?.cancel()
    await task?.value
    let wasClosed = state.withLock { state in
      defer { state.closed = true }
      return state.closed
    }
    if wasClosed { return }
    log.close()
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if !state.queue.isWriting { return true }
        state.idle.append(continuation)
        return false
      }
      if isIdle { continuation.resume() }
    }
    try await BlockingWork.opening.perform { [pool, file] in
      do {
        try pool.close()
      } catch {
        throw SQLiteFailure.error(error, file: file)
      }
    }
  }
}

extension SQLiteDatabase {
  private func enqueue(_ pending: Pending, count: Int, bytes: Int) {
    let mustStart: Result<Bool, StoreError> = state.withLock { state in
      if state.closed { return .failure(StoreError(.closed, "the store \(file) has been closed")) }
      return Result { () throws(StoreError) in try state.queue.add(pending, count: count, bytes: bytes) }
    }
    switch mustStart {
    case .success(true): pool.asyncWriteWithoutTransaction { self.writeGroups($0) }
    case .success(false): break
    case .failure(let error): pending.fail(error)
    }
  }

  /// Runs on the writer's queue: one group, and again until nothing waits.
  private func writeGroups(_ db: Database) {
    while true {
      let (group, idle) = state.withLock { state in
        let group = state.queue.nextGroup()
        guard group.isEmpty else { return (group, [CheckedContinuation<Void, Never>]()) }
        defer { state.idle = [] }
        return (group, state.idle)
      }
      for continuation in idle { continuation.resume() }
      if group.isEmpty { return }
      write(group, db)
    }
  }

  private func write(_ group: [Pending], _ db: Database) {
    var answers: [@Sendable (StoreError?) -> Void] = []
    do {
      var events: [StoreEvent] = []
      try db.inTransaction(.immediate) {
        let transaction = GroupTransaction(db, revision: log.last)
        for pending in group { answers.append(try pending.part(transaction)) }
        if transaction.revision > log.last { try StateTable.setRevision(transaction.revision, db) }
        events = transaction.events
        return .commit
      }
      log.publish(events)
      if let last = events.last?.revision.value {
        ages.withLock { $0.note(last, at: configuration.uptime()) }
      }
      for answer in answers { answer(nil) }
    } catch {
      let failure = SQLiteFailure.error(error, file: file)
      logger.error("a group of \(group.count) commits failed", metadata: ["error": "\(failure)"])
      for answer in answers { answer(failure) }
      for pending in group.dropFirst(answers.count) { pending.fail(failure) }
    }
  }
}

extension SQLiteDatabase: EventHistory {
  func page(after: UInt64, through: UInt64, kinds: Set<String>) async throws -> (events: [StoreEvent], reached: UInt64)
  {
    try await read { db in try HistoryTable.page(after: after, through: through, kinds: kinds, db) }
  }

  /// Looks for old revisions at the configured interval, until the store is closed or dropped.
  func startCompaction() {
    guard let interval = configuration.compaction.interval else { return }
    let task = Task { [weak self] in
      var wasBusy = false
      while !Task.isCancelled {
        do {
          try await Task.sleep(for: interval)
          guard let self else { return }
          self.releaseMemory(&wasBusy)
          try await self.compact()
        } catch is CancellationError {
          return
        } catch {
          self?.logger.warning("old revisions cannot be removed now", metadata: ["error": "\(error)"])
        }
      }
    }
    compaction.withLock { $0 = task }
  }

  /// Lets go of events that no live watcher wants any more and, once the store is at rest after much work, of SQLite's caches.
  private func releaseMemory(_ wasBusy: inout Bool) {
    let isBusy = log.forget(before: .now - configuration.recentAge) > StoreLimits.eventsAtRest
    if wasBusy, !isBusy { pool.releaseMemoryEventually() }
    wasBusy = isBusy
  }

  /// Removes what the configuration no longer keeps.
  /// - Returns: the horizon.
  @discardableResult
  func compact() async throws -> UInt64 {
    let limit = ages.withLock { ages in
      ages.horizon(now: configuration.uptime(), keeping: configuration.compaction)
    }
    var horizon = log.horizon
    while horizon < limit {
      try Task.checkCancellation()
      let step = try await write(count: 1, bytes: 0) { transaction in
        try HistoryTable.compact(through: limit, limit: StoreLimits.compactionStep, transaction.db)
      }
      horizon = step.horizon
      log.raiseHorizon(to: horizon)
      // Commits that came meanwhile are in the queue already and go before the next step.
      await Task.yield()
    }
    return horizon
  }
}
