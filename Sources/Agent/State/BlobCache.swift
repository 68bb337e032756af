import Foundation

/// Blobs by digest, as files `<first two digits>/<64 digits>`. What is read is always what the digest says; a damaged file
/// reads as absent, so that it is fetched again.
struct BlobCache: Sendable {
  private let path: String
  private let files: BlockingWork

  init(path: String, files: BlockingWork) throws(AgentError) {
    self.path = path
    self.files = files
    try StateFile.makeDirectory(path)
  }

  /// The bytes; nil when they are not here, or damaged.
  func read(_ digest: String) async throws -> [UInt8]? {
    guard let hex = Checksum.hex(of: digest) else { return nil }
    return try await files.perform {
      guard let bytes = try StateFile.read(file(hex), limit: AgentLimits.blobBytes), Checksum.sha256Hex(bytes) == hex
      else { return nil }
      return bytes
    }
  }

  /// The digests among these that are not here, or damaged.
  func missing(_ digests: some Sequence<String> & Sendable) async throws -> Set<String> {
    var missing: Set<String> = []
    for digest in Set(digests) where try await read(digest) == nil { missing.insert(digest) }
    return missing
  }

  /// Keeps bytes; durable on return. Throws `AgentError` with `content` when they are not what the digest says.
  func store(_ bytes: [UInt8], as digest: String) async throws {
    guard let hex = Checksum.hex(of: digest), Checksum.sha256Hex(bytes) == hex else {
      throw AgentError(.content, "the manager sent \(bytes.count) bytes for \(digest) that have another SHA-256")
    }
    try await files.perform {
      let folder = "\(path)/\(hex.prefix(2))"
      if mkdir(folder, 0o700) == 0 {
        try StateFile.syncDirectory(of: folder)
      } else if errno != EEXIST {
        throw StateFile.failure("cannot make", folder)
      }
      try StateFile.write(bytes, to: file(hex))
    }
  }

  /// Removes the blobs that nothing needs any more, and what an interrupted write left behind.
  func collect(keeping digests: Set<String>) async throws {
    let kept = Set(digests.compactMap(Checksum.hex))
    try await files.perform {
      for folder in try StateFile.names(in: path) where folder.utf8.count == 2 {
        for name in try StateFile.names(in: "\(path)/\(folder)") where !kept.contains(name) {
          // A blob that comes back is fetched again, so its removal need not be durable.
          unlink("\(path)/\(folder)/\(name)")
        }
      }
    }
  }

  private func file(_ hex: String) -> String { "\(path)/\(hex.prefix(2))/\(hex)" }
}
