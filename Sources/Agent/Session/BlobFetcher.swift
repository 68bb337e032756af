import Wire

/// Where fetched blobs are kept.
protocol BlobKeeper: Sendable {
  /// Keeps bytes, whose digest was checked. Throws `AgentError` where it cannot.
  func store(_ bytes: [UInt8], as digest: String) async throws
}

extension BlobCache: BlobKeeper {}

/// Fetches the blobs that are missing, several at a time. A blob that broke off goes on where it was.
actor BlobFetcher {
  private let blobs: any BlobKeeper
  private var partial: [String: BlobTransfer] = [:]

  /// How one fetch ended; nil where the blob is kept.
  private struct Outcome: Sendable {
    let digest: String
    let refusal: String?
  }

  init(blobs: any BlobKeeper) { self.blobs = blobs }

  /// Fetches and keeps blobs.
  ///
  /// - Parameter inline: blobs that have come already.
  /// - Returns: for each digest that the manager does not have, or sends wrong, why.
  /// - Throws: `RPCError` when there is no connection or it fails, `AgentError` when a blob cannot be kept.
  func fetch(
    _ digests: Set<String>, inline: [InlineBlob], over channel: RPCChannel?
  ) async throws -> [String: String] {
    var digests = digests
    for blob in inline where !digests.isEmpty {
      let digest = Checksum.digest(of: blob.data)
      guard digests.contains(digest) else { continue }
      try await blobs.store(blob.data, as: digest)
      digests.remove(digest)
    }
    guard !digests.isEmpty else { return [:] }
    guard let channel else { throw RPCError(.unavailable, "the connection is gone") }
    var refused: [String: String] = [:]
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      var waiting = digests.sorted().makeIterator()
      var underWay = 0
      while underWay < AgentLimits.concurrentFetches, let digest = waiting.next() {
        group.addTask { Outcome(digest: digest, refusal: try await self.fetch(digest, over: channel)) }
        underWay += 1
      }
      while let outcome = try await group.next() {
        if let reason = outcome.refusal { refused[outcome.digest] = reason }
        if let next = waiting.next() {
          group.addTask { Outcome(digest: next, refusal: try await self.fetch(next, over: channel)) }
        }
      }
    }
    return refused
  }

  /// Forgets beginnings that nobody asks for any more.
  func forgetPartials() { partial = [:] }

  private func fetch(_ digest: String, over channel: RPCChannel) async throws -> String? {
    guard Checksum.hex(of: digest) != nil else { return "\(digest) is no digest" }
    var transfer = partial.removeValue(forKey: digest) ?? BlobTransfer(digest: digest)
    do {
      let stream = try await channel.stream(Content.fetch)
      try await stream.send(FetchRequest(digest: digest, offset: transfer.offset))
      await stream.finish()
      for try await chunk in stream.messages {
        switch transfer.take(offset: chunk.offset, data: chunk.data, totalBytes: chunk.totalBytes) {
        case .more: continue
        case .complete(let bytes):
          try await blobs.store(bytes, as: digest)
          return nil
        case .invalid(let reason):
          stream.cancel()
          return reason
        }
      }
      return "the manager ended \(digest) after \(transfer.offset) bytes"
    } catch let error as RPCError {
      switch error.code {
      case .notFound, .permissionDenied, .invalidArgument, .outOfRange, .dataLoss:
        return "the manager does not give \(digest): \(error.message)"
      default:
        let kept = partial.values.reduce(0) { $0 + $1.received.count }
        if kept + transfer.received.count <= AgentLimits.partialBlobBytes { partial[digest] = transfer }
        throw error
      }
    }
  }
}
