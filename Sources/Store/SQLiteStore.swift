import Foundation
import GRDB
import Telemetry

/// The embedded backend: one SQLite database for objects, history and leases, and a directory of files for blobs.
///
/// One process at a time uses a directory. All writes go through one queue in groups, each group one transaction that is on
/// disk (WAL, `synchronous=FULL`) before any of its callers is answered.
public final class SQLiteStore: Store {
  private let database: SQLiteDatabase
  private let blobs: BlobDirectory
  private let lock: DirectoryLock
  /// How long commits took, from the call to the answer that they are durable; those that failed are not in it.
  public let commitLatency = Histogram(bounds: Histogram.writeBounds)

  /// Opens the store in a directory, which is made (mode 0700) if it is not there.
  /// - Parameter path: the directory; it will hold `store.sqlite`, `blobs/` and `lock`.
  /// - Throws: ``StoreError``: `locked` names the process that has it open; `unsupportedSchema`; `unavailable`.
  public init(path: String, configuration: SQLiteStoreConfiguration = SQLiteStoreConfiguration()) async throws {
    (lock, blobs, database) = try await BlockingWork.opening.perform {
      let lock = try DirectoryLock(directory: path)
      let blobs = try BlobDirectory(path: path + "/blobs", now: configuration.now)
      return (lock, blobs, try SQLiteDatabase(file: path + "/store.sqlite", configuration: configuration))
    }
    database.startCompaction()
  }

  /// Ends all watches, waits for the writes under way, and lets go of the directory. Later calls throw
  /// ``StoreError/Code/closed``. A store that is only dropped loses nothing either.
  public func close() async throws {
    try await database.close()
    lock.release()
  }

  /// Removes history that the configuration no longer keeps, in small steps between which writes go on.
  /// - Returns: the horizon: a watch can begin at it or after.
  @discardableResult
  public func compact() async throws -> Revision {
    try await Revision(database.compact())
  }

  /// The object as of now; see ``Store/get(_:)``.
  public func get(_ key: ObjectKey) async throws -> StoredObject? {
    try await database.read { db in try ObjectTable.get(key, db) }
  }

  /// A page of objects; see ``Store/list(kind:namespace:limit:after:)``.
  public func list(kind: String, namespace: String?, limit: Int?, after: ObjectKey?) async throws -> Listing {
    try await database.read { db in
      try ObjectTable.list(kind: kind, namespace: namespace, limit: limit, after: after, db)
    }
  }

  /// All writes or none; see ``Store/commit(_:fence:)``.
  public func commit(_ writes: [Write], fence: Lease?) async throws -> Commit {
    let bytes = try WriteBounds.bytes(of: writes)
    let start = ContinuousClock.now
    let commit = try await database.write(count: writes.count, bytes: bytes) { transaction in
      if let fence { try LeaseTable.check(fence, transaction.db) }
      return try transaction.commit(writes)
    }
    commitLatency.observe(ContinuousClock.now - start)
    return commit
  }

  /// Every change after a revision; see ``Store/watch(kinds:after:)``.
  public func watch(kinds: Set<String>, after: Revision) throws -> StoreWatch {
    try database.watch(kinds: kinds, after: after)
  }

  /// The revision of the last durable write.
  public func currentRevision() async -> Revision {
    Revision(database.log.last)
  }

  /// Keeps a blob; see ``Store/putBlob(_:)``.
  public func putBlob(_ bytes: [UInt8]) async throws -> BlobDigest {
    try await database.checkOpen { try await blobs.put(bytes) }
  }

  /// A whole blob, verified; see ``Store/blob(_:)``.
  public func blob(_ digest: BlobDigest) async throws -> [UInt8]? {
    try await database.checkOpen { try await blobs.read(digest) }
  }

  /// A part of a blob; see ``Store/blob(_:offset:count:)``.
  public func blob(_ digest: BlobDigest, offset: Int, count: Int) async throws -> [UInt8]? {
    try await database.checkOpen { try await blobs.read(digest, offset: offset, count: count) }
  }

  /// A blob's length; see ``Store/blobSize(_:)``.
  public func blobSize(_ digest: BlobDigest) async throws -> Int? {
    try await database.checkOpen { try await blobs.size(digest) }
  }

  /// The blobs that are old enough to be collected; see ``Store/blobDigests(storedBefore:)``.
  public func blobDigests(storedBefore: Date) async throws -> [BlobDigest] {
    try await database.checkOpen { try await blobs.digests(storedBefore: storedBefore) }
  }

  /// Deletes blobs; see ``Store/deleteBlobs(_:storedBefore:)``.
  public func deleteBlobs(_ digests: [BlobDigest], storedBefore: Date?) async throws -> [BlobDigest] {
    try await database.checkOpen { try await blobs.delete(digests, storedBefore: storedBefore) }
  }

  /// Takes a lease; see ``Store/acquireLease(name:holder:duration:)``.
  public func acquireLease(name: String, holder: String, duration: Duration) async throws -> Lease? {
    try WriteBounds.check(name, "a lease's name")
    try WriteBounds.check(holder, "a lease's holder")
    return try await database.leases.acquire(name: name, holder: holder, duration: duration, through: database)
  }

  /// Renews a lease; see ``Store/renewLease(_:)``.
  public func renewLease(_ lease: Lease) async throws -> Bool {
    try await database.leases.renew(lease, through: database)
  }

  /// Gives a lease back; see ``Store/releaseLease(_:)``.
  public func releaseLease(_ lease: Lease) async throws {
    try await database.leases.release(lease, through: database)
  }
}
