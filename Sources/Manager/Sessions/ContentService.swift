import Logging
import Store
import Wire

/// `Content.Fetch`: hands an agent the blobs of its own deployments, in chunks, from any offset (design §4, §8).
struct ContentService: Sendable {
  let store: any Store
  /// Whether a cluster's deployments refer to the blob, so that knowing a digest is not enough to read it.
  let mayFetch: @Sendable (_ identity: String, _ digest: BlobDigest) async throws -> Bool
  let metrics: TrustMetrics
  let logger: Logger
  /// Blobs that many agents ask for at the same time.
  let recent: RecentBlobs

  /// Answers one call; what is returned is the last chunk.
  func fetch(
    _ stream: RPCStream<FetchChunk, FetchRequest>, context: RPCContext
  ) async throws -> EncodedMessage<FetchChunk>? {
    var requests = stream.messages.makeAsyncIterator()
    guard let request = try await requests.next() else {
      throw RPCError(.invalidArgument, "Content.Fetch takes one FetchRequest")
    }
    guard let digest = BlobDigest(wire: request.digest) else {
      throw RPCError(.invalidArgument, "the digest must be sha256: and 64 hexadecimal digits")
    }
    // One answer for what is not there and what is not the caller's: it tells nothing about others.
    let refusal = RPCError(.notFound, "no deployment of this cluster has the blob \(request.digest)")
    let known = recent[digest]
    let size = if let known { Optional(known.bytes.count) } else { try await store.blobSize(digest) }
    guard let identity = context.identity, try await mayFetch(identity, digest), let size else {
      metrics.count(size == nil ? .unknownBlob : .foreignBlob)
      if size != nil {
        logger.warning(
          "an agent asked for a blob that is not its own", metadata: ["cluster": "\(context.identity ?? "")"])
      }
      throw refusal
    }
    guard request.offset <= UInt64(size) else {
      throw RPCError(.outOfRange, "the blob has \(size) bytes; offset \(request.offset) is beyond its end")
    }
    if let known, request.offset == 0 { return known.chunk }
    var offset = Int(request.offset)
    while true {
      guard let bytes = try await store.blob(digest, offset: offset, count: Limits.contentChunkBytes) else {
        throw refusal
      }
      // Parts are not verified here; what is kept for others is.
      if bytes.count == size, BlobDigest(of: bytes) == digest {
        let blob = RecentBlobs.Blob(bytes)
        recent.keep(blob, as: digest)
        return blob.chunk
      }
      let chunk = EncodedMessage(FetchChunk(offset: UInt64(offset), data: bytes, totalBytes: UInt64(size)))
      offset += bytes.count
      if bytes.isEmpty || offset >= size { return chunk }
      try await stream.send(chunk)
    }
  }
}

extension BlobDigest {
  /// A digest as the bus writes it: `sha256:` and 64 hexadecimal digits.
  init?(wire text: String) {
    guard text.hasPrefix("sha256:") else { return nil }
    self.init(hex: String(text.dropFirst("sha256:".count)))
  }
}
