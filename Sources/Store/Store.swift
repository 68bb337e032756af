import Foundation

/// Objects with revisions and a resumable watch, blobs named by their digest, and leases.
///
/// Whatever a call has acknowledged survives `kill -9` and power loss. All writes have one order, that of their revisions.
/// Nothing here assumes that one process alone uses the backend. Failures are ``StoreError``; a read whose task is
/// cancelled may throw `CancellationError`.
public protocol Store: Sendable {
  /// The object as of now, with every commit that was acknowledged before the call; nil when there is none.
  func get(_ key: ObjectKey) async throws -> StoredObject?

  /// Objects of one kind, sorted by key, all as of the listing's revision.
  /// - Parameters:
  ///   - kind: the kind.
  ///   - namespace: one namespace, or nil for all.
  ///   - limit: how many objects the page has at most; nil for all of them.
  ///   - after: the `next` of the page before.
  func list(kind: String, namespace: String?, limit: Int?, after: ObjectKey?) async throws -> Listing

  /// Makes all of the writes, or none of them, and returns once they are durable. Writes are done in order, each with its
  /// own precondition. Commits of different callers share a transaction; one that fails does not fail the others.
  /// - Parameters:
  ///   - writes: at most ``StoreLimits/commitWrites``.
  ///   - fence: a lease that must still be the newest of its name.
  func commit(_ writes: [Write], fence: Lease?) async throws -> Commit

  /// Every change of the kinds with a revision above `after`, in order and without gaps: first what has happened, then
  /// what happens. Throws ``StoreError/Code/compacted`` when the history starts later, and so does the sequence when its
  /// reader falls that far behind.
  /// - Parameter kinds: the kinds to see; empty for all.
  func watch(kinds: Set<String>, after: Revision) throws -> StoreWatch

  /// The revision of the last durable write.
  func currentRevision() async -> Revision

  /// Keeps the bytes, durable on return. Putting the same bytes again keeps one copy and makes it as young as a new one.
  func putBlob(_ bytes: [UInt8]) async throws -> BlobDigest

  /// The whole blob, nil when there is none. Bytes whose digest differs are never returned: ``StoreError/Code/corrupt``.
  func blob(_ digest: BlobDigest) async throws -> [UInt8]?

  /// A part of the blob, shorter than `count` only at its end; nil when there is no such blob. Cheap at any offset; the digest
  /// is not verified, the reader of all parts does that.
  func blob(_ digest: BlobDigest, offset: Int, count: Int) async throws -> [UInt8]?

  /// The blob's length in bytes, nil when there is none.
  func blobSize(_ digest: BlobDigest) async throws -> Int?

  /// The blobs that were put for the last time before the instant, sorted. Garbage collection takes them as candidates, so
  /// that a blob put a moment ago is not collected before something refers to it.
  func blobDigests(storedBefore: Date) async throws -> [BlobDigest]

  /// Deletes blobs; those that are not there are no error. With `storedBefore`, one that has been put again since is
  /// kept.
  /// - Returns: the digests that were deleted.
  func deleteBlobs(_ digests: [BlobDigest], storedBefore: Date?) async throws -> [BlobDigest]

  /// Takes the name for the holder, or returns nil while somebody else has it. The same holder gets a new token, which
  /// fences what it was before a restart.
  func acquireLease(name: String, holder: String, duration: Duration) async throws -> Lease?

  /// Starts the lease's duration anew. False when somebody has acquired or released it meanwhile: stop at once.
  func renewLease(_ lease: Lease) async throws -> Bool

  /// Gives the name back, if the lease is still the newest.
  func releaseLease(_ lease: Lease) async throws
}

extension Store {
  /// The first page of a kind, or all of it without a limit; see ``list(kind:namespace:limit:after:)``.
  public func list(kind: String, namespace: String? = nil, limit: Int? = nil) async throws -> Listing {
    try await list(kind: kind, namespace: namespace, limit: limit, after: nil)
  }

  /// A later page of a kind in all namespaces; see ``list(kind:namespace:limit:after:)``.
  public func list(kind: String, limit: Int?, after: ObjectKey?) async throws -> Listing {
    try await list(kind: kind, namespace: nil, limit: limit, after: after)
  }

  /// A commit that no lease fences; see ``commit(_:fence:)``.
  public func commit(_ writes: [Write]) async throws -> Commit {
    try await commit(writes, fence: nil)
  }

  /// Deletes blobs whenever they were put; see ``deleteBlobs(_:storedBefore:)``.
  @discardableResult
  public func deleteBlobs(_ digests: [BlobDigest]) async throws -> [BlobDigest] {
    try await deleteBlobs(digests, storedBefore: nil)
  }
}
