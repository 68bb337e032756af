import Document
import Foundation

/// Files of the state directory: written aside, fsynced, renamed, and the directory fsynced. On return a file is on disk,
/// and a crash at any point leaves the old one or the new one.
///
/// A document's first line names the format and holds the SHA-256 of the rest, so that a flipped bit is noticed and not
/// taken for a wish.
enum StateFile {
  /// The format that this version writes; it reads every one up to it.
  static let format = 1
  private static let magic = "flotilla-agent-state"

  /// Writes a document. Blocks. Where it is not to be `durable`, a power loss may lose it; a crash of this process may not.
  static func save(_ value: Value, to path: String, durable: Bool = true) throws(AgentError) {
    let body = JSON.encode(value)
    guard body.count <= AgentLimits.stateFileBytes else {
      throw AgentError(
        .limitExceeded, "\(path) would have \(body.count) bytes; stateFileBytes is \(AgentLimits.stateFileBytes)")
    }
    try write(Array("\(magic) \(format) \(Checksum.sha256Hex(body))\n".utf8) + body, to: path, durable: durable)
  }

  /// Reads a document; nil where there is no file. Blocks.
  static func load(_ path: String) throws(AgentError) -> Value? {
    guard let bytes = try read(path, limit: AgentLimits.stateFileBytes + 256) else { return nil }
    let advice = "restore the file, or move the state directory away and enrol with a new token"
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      throw AgentError(.corruptState, "\(path) is damaged: it has no first line; \(advice)")
    }
    let line = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
    guard line.count == 3, line[0] == magic, let format = Int(line[1]) else {
      throw AgentError(.corruptState, "\(path) is damaged: it does not begin as a state file does; \(advice)")
    }
    guard format <= Self.format else {
      throw AgentError(
        .newerState,
        "\(path) has format \(format), written by a newer version; this one knows up to \(Self.format): run the newer one"
      )
    }
    let body = Array(bytes[(end + 1)...])
    guard Checksum.sha256Hex(body) == line[2] else {
      throw AgentError(.corruptState, "\(path) is damaged: its bytes have another SHA-256; \(advice)")
    }
    do {
      return try JSON.parse(body, file: path, limits: DocumentLimits(bytes: AgentLimits.stateFileBytes))
    } catch {
      throw AgentError(.corruptState, "\(path) cannot be read: \(error); \(advice)", cause: error)
    }
  }

  /// Writes bytes, whole and durable. Blocks.
  static func write(_ bytes: [UInt8], to path: String, durable: Bool = true) throws(AgentError) {
    let temporary = path + ".new"
    let file = retrying { open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    guard file >= 0 else { throw failure("cannot write", temporary) }
    var problem: AgentError?
    do throws(AgentError) {
      try fill(file, with: bytes, name: temporary, durable: durable)
    } catch {
      problem = error
    }
    close(file)
    if let problem {
      unlink(temporary)
      throw problem
    }
    guard rename(temporary, path) == 0 else { throw failure("cannot put in place", path) }
    if durable { try syncDirectory(of: path) }
  }

  private static func fill(
    _ file: Int32, with bytes: [UInt8], name: String, durable: Bool
  ) throws(AgentError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        retrying { Glibc.write(file, buffer.baseAddress?.advanced(by: written), buffer.count - written) }
      }
      guard count >= 0 else { throw failure("cannot write", name) }
      written += count
    }
    guard !durable || retrying({ fsync(file) }) == 0 else { throw failure("cannot write to disk", name) }
  }

  /// Reads all bytes; nil where there is no file. Blocks.
  static func read(_ path: String, limit: Int) throws(AgentError) -> [UInt8]? {
    let file = retrying { open(path, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot read", path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure("cannot look at", path) }
    let length = Int(status.st_size)
    guard length <= limit else {
      throw AgentError(.limitExceeded, "\(path) has \(length) bytes, more than the \(limit) that it may have")
    }
    var bytes = [UInt8](repeating: 0, count: length)
    var filled = 0
    while filled < length {
      let count = bytes.withUnsafeMutableBytes { buffer in
        retrying { Glibc.read(file, buffer.baseAddress?.advanced(by: filled), length - filled) }
      }
      guard count >= 0 else { throw failure("cannot read", path) }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  /// Removes a file, if it is there, durably. Blocks.
  static func remove(_ path: String) throws(AgentError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot remove", path) }
    try syncDirectory(of: path)
  }

  /// Puts a file in another's place, durably; without a file to move nothing happens. Blocks.
  static func move(_ path: String, to other: String) throws(AgentError) {
    guard rename(path, other) == 0 else {
      if errno == ENOENT { return }
      throw failure("cannot put in place", other)
    }
    try syncDirectory(of: other)
  }

  /// When a file was written last; nil where there is none. Blocks.
  static func modified(_ path: String) throws(AgentError) -> Timestamp? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot look at", path)
    }
    return Timestamp(seconds: Int64(status.st_mtim.tv_sec))
  }

  /// Makes a file one that was written at a moment: it came from elsewhere, and is as old as it was there. Blocks.
  static func setModified(_ path: String, to moment: Timestamp) throws(AgentError) {
    let time = timespec(tv_sec: Int(moment.seconds), tv_nsec: 0)
    guard utimensat(AT_FDCWD, path, [time, time], 0) == 0 else { throw failure("cannot set the time of", path) }
  }

  /// Makes a directory of mode 0700 where it is missing. Blocks.
  static func makeDirectory(_ path: String) throws(AgentError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw AgentError(.file, "cannot make the directory \(path): \(error.localizedDescription)", cause: error)
    }
  }

  /// Names of a directory's entries. Blocks.
  static func names(in directory: String) throws(AgentError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw AgentError(.file, "cannot list \(directory): \(error.localizedDescription)", cause: error)
    }
  }

  /// Makes a directory's entries durable. Blocks.
  static func syncDirectory(of path: String) throws(AgentError) {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let file = retrying { open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard file >= 0 else { throw failure("cannot open", directory) }
    defer { close(file) }
    guard retrying({ fsync(file) }) == 0 else { throw failure("cannot write to disk", directory) }
  }

  /// The error of the system call that has just failed.
  static func failure(_ what: String, _ path: String) -> AgentError {
    let number = errno
    let reason = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT:
      return AgentError(.storageFull, "\(what) \(path): \(reason); nothing was kept: free some space")
    case EACCES, EPERM, EROFS:
      return AgentError(.file, "\(what) \(path): \(reason); check the owner and mode of the state directory")
    default:
      return AgentError(.file, "\(what) \(path): \(reason)")
    }
  }

  /// Repeats a system call that a signal interrupted: Helm's library brings Go's runtime, which uses signals of its own.
  static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }
}
