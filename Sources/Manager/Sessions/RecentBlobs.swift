import Store
import Synchronization
import Wire

/// Small blobs that were asked for lately, encoded as they are sent: what a change brings to many clusters is read and encoded
/// once, not once for each. Who may have a blob is not its concern.
final class RecentBlobs: Sendable {
  /// A blob that fits into one chunk.
  struct Blob: Sendable {
    let chunk: EncodedMessage<FetchChunk>
    /// Bytes.
    let size: Int
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

  /// Keeps a blob, and forgets the oldest that there is no room for beside it.
  func keep(_ blob: Blob, as digest: BlobDigest) {
    state.withLock { state in
      guard blob.size <= limit, state.blobs.updateValue(blob, forKey: digest) == nil else { return }
      state.order.append(digest)
      state.bytes += blob.size
      while state.bytes > limit {
        let oldest = state.order.removeFirst()
        state.bytes -= state.blobs.removeValue(forKey: oldest)?.size ?? 0
      }
    }
  }
}
