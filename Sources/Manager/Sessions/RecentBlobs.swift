import Store
import Synchronization
import Wire

/// Small blobs that were sent lately, and encoded as they are sent: what a change brings to many clusters is read and encoded
/// once, not once for each. Who may have a blob is not its concern.
final class RecentBlobs: Sendable {
  /// A blob that fits into one chunk.
  struct Blob: Sendable {
    let bytes: [UInt8]
    /// All of it.
    let chunk: EncodedMessage<FetchChunk>

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      chunk = EncodedMessage(FetchChunk(offset: 0, data: bytes, totalBytes: UInt64(bytes.count)))
    }

    /// What it takes here.
    fileprivate var cost: Int { bytes.count * 2 }
  }

  private struct State {
    var blobs: [BlobDigest: Blob] = [:]
    /// In the order in which they came.
    var order: [BlobDigest] = []
    var bytes = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: in bytes, of all blobs together.
  init(limit: Int = Limits.recentBlobBytes) { self.limit = limit }

  subscript(digest: BlobDigest) -> Blob? { state.withLock { $0.blobs[digest] } }

  /// The bytes of a blob of at most so many, from the store where they are not here; nil where there is none, or a larger one.
  func blob(_ digest: BlobDigest, limit: Int, from store: any Store) async throws -> [UInt8]? {
    if let known = self[digest] { return known.bytes.count <= limit ? known.bytes : nil }
    guard let size = try await store.blobSize(digest), size <= limit, let bytes = try await store.blob(digest) else {
      return nil
    }
    keep(Blob(bytes), as: digest)
    return bytes
  }

  /// Keeps a blob, and forgets the oldest that there is no room for beside it.
  func keep(_ blob: Blob, as digest: BlobDigest) {
    state.withLock { state in
      guard blob.cost <= limit, state.blobs.updateValue(blob, forKey: digest) == nil else { return }
      state.order.append(digest)
      state.bytes += blob.cost
      while state.bytes > limit {
        let oldest = state.order.removeFirst()
        state.bytes -= state.blobs.removeValue(forKey: oldest)?.cost ?? 0
      }
    }
  }
}
