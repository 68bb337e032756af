import Fleet

/// One blob on its way here: takes chunks in any order of connections, and knows where to go on.
///
/// A value without I/O.
struct BlobTransfer: Sendable {
  /// What a chunk meant.
  enum Progress: Sendable, Equatable {
    /// More is to come.
    case more
    /// Everything is here, and is what the digest says.
    case complete([UInt8])
    /// The other side sends something else than what was asked for.
    case invalid(String)
  }

  /// The digest, `sha256:` and 64 digits.
  let digest: String
  private(set) var received: [UInt8] = []
  private var total: UInt64?

  init(digest: String) { self.digest = digest }

  /// Where the next fetch begins.
  var offset: UInt64 { UInt64(received.count) }

  /// Takes a chunk in.
  mutating func take(offset chunkOffset: UInt64, data: [UInt8], totalBytes: UInt64) -> Progress {
    guard totalBytes <= UInt64(AgentLimits.blobBytes) else {
      return .invalid("\(digest) has \(totalBytes) bytes; blobBytes is \(AgentLimits.blobBytes)")
    }
    guard total == nil || total == totalBytes else { return restart("\(digest) changed its length on the way") }
    guard chunkOffset == offset, offset + UInt64(data.count) <= totalBytes else {
      return restart("\(digest) came out of order: \(chunkOffset) after \(offset)")
    }
    total = totalBytes
    received += data
    guard offset == totalBytes else { return .more }
    guard Checksum.digest(of: received) == digest else {
      return restart("the manager sent \(received.count) bytes for \(digest) that have another SHA-256")
    }
    return .complete(received)
  }

  /// What came is of no use: the next fetch begins anew.
  private mutating func restart(_ reason: String) -> Progress {
    received = []
    total = nil
    return .invalid(reason)
  }
}
