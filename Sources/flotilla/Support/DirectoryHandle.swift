#if canImport(Glibc)
  import Glibc
#endif

/// An open directory, from which names are reached one at a time without following a symbolic link: whatever is renamed meanwhile,
/// nothing outside of it is opened.
final class DirectoryHandle: Sendable {
  let descriptor: Int32

  /// Why a call failed.
  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// What the last call said.
    static var last: Failure { Failure(String(cString: strerror(errno))) }
  }

  /// A directory by its path, in which links are followed: it is the user's own word.
  init(path: String) throws(Failure) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// What a name stands for.
  enum Kind: Equatable {
    case directory, file, executable, symlink
    /// Something that holds no bytes: a named pipe, a socket, a device.
    case other(String)
  }

  /// What a name stands for, and its size; nil where there is nothing.
  func status(_ name: [CChar]) throws(Failure) -> (kind: Kind, size: Int)? {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .last
    }
    let kind: Kind =
      switch status.st_mode & S_IFMT {
      case S_IFDIR: .directory
      case S_IFREG: status.st_mode & 0o111 == 0 ? .file : .executable
      case S_IFLNK: .symlink
      case S_IFIFO: .other("a named pipe")
      case S_IFSOCK: .other("a socket")
      default: .other("a device")
      }
    return (kind, Int(status.st_size))
  }

  /// The names in the directory as bytes that end in zero, sorted.
  func names(limit: Int) throws(Failure) -> [[CChar]] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw .last }
    guard let stream = fdopendir(copy) else {
      close(copy)
      throw .last
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while names.count <= limit, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        Array(bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }) + [0]
      }
      if name != [46, 0], name != [46, 46, 0] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) } }
  }

  /// A directory in this one.
  func directory(_ name: [CChar]) throws(Failure) -> DirectoryHandle {
    let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard child >= 0 else { throw .last }
    return DirectoryHandle(descriptor: child)
  }

  /// The target of a symbolic link.
  func link(_ name: [CChar], limit: Int) throws(Failure) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: limit + 1)
    let count = readlinkat(descriptor, name, &buffer, buffer.count)
    guard count >= 0 else { throw .last }
    return buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  /// The bytes of a file, at most one more than the limit.
  func contents(_ name: [CChar], limit: Int) throws(Failure) -> [UInt8] {
    // Without O_NONBLOCK, a pipe that takes the file's place would be waited for.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw .last }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .last }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure("is no file any more") }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), limit) + 1)
    var filled = 0
    while true {
      let count = bytes.withUnsafeMutableBytes {
        read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last }
      filled += count
      if count == 0 || filled > limit { break }
      if filled == bytes.count {
        bytes.append(contentsOf: [UInt8](repeating: 0, count: min(filled, limit - filled + 1)))
      }
    }
    return Array(bytes[..<filled])
  }
}
