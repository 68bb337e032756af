import Glibc

/// A key pair in a file that only its owner can read (mode 0600). One line: "curve-secret-key " and 40 characters of Z85.
public enum CurveKeyFile {
  private static let prefix = "curve-secret-key "

  /// Reads a pair. Throws `WireError` with code `file` when it cannot be read or others may read it, `invalidKey` when it
  /// holds no key.
  public static func load(_ path: String) throws(WireError) -> CurveKeyPair {
    let file = SystemCall.retrying { open(path, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw failure("cannot open the key file", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure("cannot examine the key file", path) }
    guard status.st_mode & 0o077 == 0 else {
      throw WireError(.file, "the key file \(path) can be read by others; make it private: chmod 600 \(path)")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = SystemCall.retrying { read(file, &bytes, bytes.count) }
    guard count >= 0 else { throw failure("cannot read the key file", path) }
    let line = String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard line.hasPrefix(prefix) else { throw WireError(.invalidKey, "\(path) is not a Flotilla key file") }
    return try CurveKeyPair(secretKey: CurveSecretKey(z85: String(line.dropFirst(prefix.count))))
  }

  /// Writes a pair, durably and as a whole: on return it is on disk, and a crash leaves either the old file or the new.
  public static func save(_ pair: CurveKeyPair, to path: String) throws(WireError) {
    let temporary = path + ".new"
    let file = SystemCall.retrying { open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    guard file >= 0 else { throw failure("cannot create the key file", temporary) }
    let text = Array((prefix + pair.secretKey.revealZ85() + "\n").utf8)
    let written = SystemCall.retrying { write(file, text, text.count) }
    let done = written == text.count && fchmod(file, 0o600) == 0 && SystemCall.retrying { fsync(file) } == 0
    let problem = errno
    close(file)
    guard done else {
      unlink(temporary)
      errno = problem
      throw failure("cannot write the key file", temporary)
    }
    guard rename(temporary, path) == 0 else { throw failure("cannot put the key file in place", path) }
    try syncDirectory(of: path)
  }

  /// The pair in the file; where there is no file, a new pair that is now in it.
  public static func loadOrCreate(_ path: String) throws(WireError) -> CurveKeyPair {
    if access(path, F_OK) == 0 { return try load(path) }
    let pair = try CurveKeyPair.generate()
    try save(pair, to: path)
    return pair
  }

  private static func syncDirectory(of path: String) throws(WireError) {
    let directory = path.lastIndex(of: "/").map { String(path[..<path.index(after: $0)]) } ?? "."
    let file = SystemCall.retrying { open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard file >= 0 else { throw failure("cannot open the directory", directory) }
    defer { close(file) }
    guard SystemCall.retrying({ fsync(file) }) == 0 else { throw failure("cannot sync the directory", directory) }
  }

  private static func failure(_ what: String, _ path: String) -> WireError {
    WireError(.file, "\(what) \(path): \(SystemCall.message())")
  }
}
