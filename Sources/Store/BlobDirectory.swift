import Crypto
import Foundation

/// Blobs as files, `<first two digits>/<digest>`: written aside, fsynced, renamed. A chunk at any offset is one `pread`.
///
/// A file's modification time is when its blob was last put. Whatever changes the directory runs on one queue, so
/// that a deletion and a new put of the same blob cannot cross; reads run beside it.
struct BlobDirectory: Sendable {
  private let path: String
  private let now: @Sendable () -> Date
  private let writing = BlockingWork(label: "flotilla.store.blobs.write", width: 1)
  private let reading = BlockingWork(label: "flotilla.store.blobs.read", width: 4)

  /// Makes the directory if needed, and removes what an interrupted put left behind. Blocks.
  init(path: String, now: @escaping @Sendable () -> Date) throws {
    self.path = path
    self.now = now
    try Self.makeDirectory(path)
    try Self.makeDirectory(path + "/new")
    for name in try Self.names(in: path + "/new") { unlink("\(path)/new/\(name)") }
  }

  func put(_ bytes: [UInt8]) async throws -> BlobDigest {
    guard bytes.count <= StoreLimits.blobBytes else {
      throw StoreError(
        .limitExceeded, "a blob of \(bytes.count) bytes; the limit blobBytes is \(StoreLimits.blobBytes)")
    }
    return try await writing.perform {
      let digest = BlobDigest(of: bytes)
      let file = file(of: digest)
      // What is there already is kept only if it is what it should be: a put repairs a damaged blob.
      if let kept = try? Self.contents(of: file), BlobDigest(of: kept) == digest {
        try setTime(file)
        return digest
      }
      let folder = "\(path)/\(digest.hex.prefix(2))"
      try Self.makeDirectory(folder)
      let aside = "\(path)/new/\(digest.hex)"
      try write(bytes, to: aside)
      guard rename(aside, file) == 0 else { throw FileError.last("cannot rename \(aside) to \(file)") }
      try Self.sync(folder)
      return digest
    }
  }

  func read(_ digest: BlobDigest) async throws -> [UInt8]? {
    try await reading.perform {
      guard let bytes = try Self.contents(of: file(of: digest)) else { return nil }
      guard BlobDigest(of: bytes) == digest else {
        throw StoreError(
          .corrupt,
          "the blob \(file(of: digest)) is damaged: its bytes have another SHA-256; restore it or put it again")
      }
      return bytes
    }
  }

  func read(_ digest: BlobDigest, offset: Int, count: Int) async throws -> [UInt8]? {
    guard offset >= 0, (0...StoreLimits.blobBytes).contains(count) else {
      throw StoreError(.limitExceeded, "no part of a blob begins at \(offset) and has \(count) bytes")
    }
    return try await reading.perform { try Self.contents(of: file(of: digest), offset: offset, count: count) }
  }

  func size(_ digest: BlobDigest) async throws -> Int? {
    try await reading.perform { try Self.status(of: file(of: digest)).map { Int($0.st_size) } }
  }

  func digests(storedBefore limit: Date) async throws -> [BlobDigest] {
    try await reading.perform {
      var found: [BlobDigest] = []
      for folder in try Self.names(in: path) where folder.utf8.count == 2 {
        for name in try Self.names(in: "\(path)/\(folder)") {
          guard let digest = BlobDigest(hex: name), let status = try Self.status(of: file(of: digest)) else { continue }
          if Self.time(of: status) < limit { found.append(digest) }
        }
      }
      return found.sorted()
    }
  }

  func delete(_ digests: [BlobDigest], storedBefore limit: Date?) async throws -> [BlobDigest] {
    try await writing.perform {
      var deleted: [BlobDigest] = []
      for digest in digests {
        guard let status = try Self.status(of: file(of: digest)) else { continue }
        if let limit, Self.time(of: status) >= limit { continue }
        guard unlink(file(of: digest)) == 0 else { throw FileError.last("cannot delete \(file(of: digest))") }
        deleted.append(digest)
      }
      return deleted
    }
  }

  private func file(of digest: BlobDigest) -> String {
    "\(path)/\(digest.hex.prefix(2))/\(digest.hex)"
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let file = retrying { open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    guard file >= 0 else { throw FileError.last("cannot write \(name)") }
    defer { close(file) }
    do {
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes { bytes in
          retrying { Glibc.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written) }
        }
        guard count >= 0 else { throw FileError.last("cannot write \(name)") }
        written += count
      }
      try setTime(name)
      guard retrying({ fsync(file) }) == 0 else { throw FileError.last("cannot write \(name) to disk") }
    } catch {
      unlink(name)
      throw error
    }
  }

  private func setTime(_ name: String) throws {
    let time = now().timeIntervalSince1970
    let stamp = timespec(tv_sec: Int(time.rounded(.down)), tv_nsec: Int((time - time.rounded(.down)) * 1e9))
    guard utimensat(AT_FDCWD, name, [stamp, stamp], 0) == 0 else {
      throw FileError.last("cannot set the time of \(name)")
    }
  }

  private static func time(of status: stat) -> Date {
    Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
  }

  private static func status(of name: String) throws -> stat? {
    var status = stat()
    guard stat(name, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw FileError.last("cannot look at \(name)")
    }
    return status
  }

  private static func contents(of name: String, offset: Int = 0, count: Int = .max) throws -> [UInt8]? {
    let file = retrying { open(name, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw FileError.last("cannot read \(name)")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileError.last("cannot look at \(name)") }
    let length = min(count, max(0, Int(status.st_size) - offset))
    return try [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
      while filled < length {
        let count = retrying {
          pread(file, buffer.baseAddress?.advanced(by: filled), length - filled, offset + filled)
        }
        guard count >= 0 else { throw FileError.last("cannot read \(name)") }
        if count == 0 { return }
        filled += count
      }
    }
  }

  private static func makeDirectory(_ name: String) throws {
    if mkdir(name, 0o700) == 0 {
      try sync(String(name.prefix(upTo: name.lastIndex(of: "/") ?? name.endIndex)))
    } else if errno != EEXIST {
      throw FileError.last("cannot make \(name)")
    }
  }

  /// Makes a directory's entries durable.
  private static func sync(_ directory: String) throws {
    let file = retrying { open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard file >= 0 else { throw FileError.last("cannot open \(directory)") }
    defer { close(file) }
    guard retrying({ fsync(file) }) == 0 else { throw FileError.last("cannot write \(directory) to disk") }
  }

  private static func names(in directory: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw StoreError(.unavailable, "cannot list \(directory): \(FileError.text(of: error))", cause: error)
    }
  }
}
