import Foundation
import Store
import Synchronization

/// A store whose listing of one kind takes long: what is listed before it waits for the rest.
final class SlowStore: Store {
  private let store: any Store
  private let slow: String
  private let pause: Duration
  private let listings = Atomic<Int>(0)

  init(_ store: any Store, slow: String, pause: Duration) {
    self.store = store
    self.slow = slow
    self.pause = pause
  }

  /// That kind has been listed.
  var hasListed: Bool { listings.load(ordering: .relaxed) > 0 }

  func list(kind: String, namespace: String?, limit: Int?, after: ObjectKey?) async throws -> Listing {
    if kind == slow {
      try await Task.sleep(for: pause)
      listings.add(1, ordering: .relaxed)
    }
    return try await store.list(kind: kind, namespace: namespace, limit: limit, after: after)
  }

  func get(_ key: ObjectKey) async throws -> StoredObject? { try await store.get(key) }
  func commit(_ writes: [Write], fence: Lease?) async throws -> Commit { try await store.commit(writes, fence: fence) }
  func watch(kinds: Set<String>, after: Revision) throws -> StoreWatch { try store.watch(kinds: kinds, after: after) }
  func currentRevision() async -> Revision { await store.currentRevision() }
  func putBlob(_ bytes: [UInt8]) async throws -> BlobDigest { try await store.putBlob(bytes) }
  func blob(_ digest: BlobDigest) async throws -> [UInt8]? { try await store.blob(digest) }
  func blob(_ digest: BlobDigest, offset: Int, count: Int) async throws -> [UInt8]? {
    try await store.blob(digest, offset: offset, count: count)
  }
  func blobSize(_ digest: BlobDigest) async throws -> Int? { try await store.blobSize(digest) }
  func blobDigests(storedBefore: Date) async throws -> [BlobDigest] {
    try await store.blobDigests(storedBefore: storedBefore)
  }
  func deleteBlobs(_ digests: [BlobDigest], storedBefore: Date?) async throws -> [BlobDigest] {
    try await store.deleteBlobs(digests, storedBefore: storedBefore)
  }
  func acquireLease(name: String, holder: String, duration: Duration) async throws -> Lease? {
    try await store.acquireLease(name: name, holder: holder, duration: duration)
  }
  func renewLease(_ lease: Lease) async throws -> Bool { try await store.renewLease(lease) }
  func releaseLease(_ lease: Lease) async throws { try await store.releaseLease(lease) }
}
