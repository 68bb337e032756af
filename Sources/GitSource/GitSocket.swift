import CGit2
import Foundation
import Synchronization

/// The TCP connections that libgit2 uses, made by us: connecting is bounded in time, every read counts, stopping the operation
/// ends any wait, and credentials go to no other server than the one they are for.
///
/// libgit2's SSH transport takes the descriptor out of the stream, where its own socket streams keep it: the public
/// `git_stream`, then host, port and descriptor (the same from 1.0 to 1.9). So that is how ours are laid out.
final class GitSocket {
  private static let operations = Mutex<[UInt: GitOperation]>([:])

  private static let hostOffset = MemoryLayout<git_stream>.stride
  private static let portOffset = hostOffset + MemoryLayout<UnsafeRawPointer>.stride
  private static let descriptorOffset = portOffset + MemoryLayout<UnsafeRawPointer>.stride
  private static let socketOffset = descriptorOffset + 8
  private static let size = socketOffset + MemoryLayout<UnsafeRawPointer>.stride

  private let host: String
  private let port: String
  private let operation: GitOperation
  private var descriptor: Int32 = -1

  private init(host: String, port: String, operation: GitOperation) {
    self.host = host
    self.port = port
    self.operation = operation
  }

  /// Makes libgit2 use these sockets.
  static func register() -> GitError? {
    var registration = git_stream_registration(
      version: 1,
      init: { out, host, port in
        guard let out, let host, let port else { return -1 }
        return GitSocket.make(out, host: String(cString: host), port: String(cString: port))
      }, wrap: nil)
    guard git_stream_register(GIT_STREAM_STANDARD, &registration) == 0 else {
      return GitError(.failed, "libgit2 does not take our sockets")
    }
    return nil
  }

  /// From here on, connections made on this thread belong to the operation.
  static func enter(_ operation: GitOperation) {
    operations.withLock { $0[UInt(pthread_self())] = operation }
  }

  /// Ends ``enter(_:)``.
  static func leave() {
    _ = operations.withLock { $0.removeValue(forKey: UInt(pthread_self())) }
  }

  private static func make(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_stream>?>, host: String, port: String
  ) -> Int32 {
    guard let operation = operations.withLock({ $0[UInt(pthread_self())] }) else {
      return fail("a connection outside of any operation")
    }
    if let refusal = RedirectPolicy.refusal(of: host, port: port, for: operation.remote) {
      operation.note(operation.failure(.authenticationFailed, refusal))
      return fail(refusal)
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let stream = memory.bindMemory(to: git_stream.self, capacity: 1)
    stream.pointee.version = 1
    stream.pointee.connect = { GitSocket.of($0)?.connect($0) ?? -1 }
    stream.pointee.read = { GitSocket.of($0)?.read(into: $1, count: $2) ?? -1 }
    stream.pointee.write = { stream, bytes, count, _ in GitSocket.of(stream)?.write(bytes, count: count) ?? -1 }
    stream.pointee.close = { GitSocket.of($0)?.close() ?? -1 }
    stream.pointee.free = { GitSocket.free($0) }
    memory.storeBytes(
      of: UnsafeMutableRawPointer(strdup(host)), toByteOffset: hostOffset, as: UnsafeMutableRawPointer?.self)
    memory.storeBytes(
      of: UnsafeMutableRawPointer(strdup(port)), toByteOffset: portOffset, as: UnsafeMutableRawPointer?.self)
    memory.storeBytes(of: -1, toByteOffset: descriptorOffset, as: Int32.self)
    let socket = GitSocket(host: host, port: port, operation: operation)
    memory.storeBytes(
      of: Unmanaged.passRetained(socket).toOpaque(), toByteOffset: socketOffset, as: UnsafeMutableRawPointer.self)
    out.pointee = stream
    return 0
  }

  private static func of(_ stream: UnsafeMutablePointer<git_stream>?) -> GitSocket? {
    guard let stream else { return nil }
    let pointer = UnsafeRawPointer(stream).load(fromByteOffset: socketOffset, as: UnsafeRawPointer.self)
    return Unmanaged<GitSocket>.fromOpaque(pointer).takeUnretainedValue()
  }

  private static func free(_ stream: UnsafeMutablePointer<git_stream>?) {
    guard let stream else { return }
    let memory = UnsafeMutableRawPointer(stream)
    Glibc.free(memory.load(fromByteOffset: hostOffset, as: UnsafeMutableRawPointer?.self))
    Glibc.free(memory.load(fromByteOffset: portOffset, as: UnsafeMutableRawPointer?.self))
    let pointer = memory.load(fromByteOffset: socketOffset, as: UnsafeRawPointer.self)
    let socket = Unmanaged<GitSocket>.fromOpaque(pointer).takeRetainedValue()
    _ = socket.close()
    memory.deallocate()
  }

  private static func fail(_ message: String) -> Int32 {
    git_error_set_str(Int32(GIT_ERROR_NET.rawValue), message)
    return -1
  }

  private func connect(_ stream: UnsafeMutablePointer<git_stream>?) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let resolved = getaddrinfo(host, port, &hints, &found)
    guard resolved == 0 else {
      let reason = "the name \(host) cannot be resolved: \(String(cString: gai_strerror(resolved)))"
      operation.note(operation.failure(.unreachable, reason))
      return Self.fail(reason)
    }
    defer { freeaddrinfo(found) }
    var reason = "no address"
    var next = found
    while let address = next, operation.stopped == nil {
      next = address.pointee.ai_next
      switch connect(to: address.pointee) {
      case .success(let socket):
        descriptor = socket
        if let stream {
          UnsafeMutableRawPointer(stream).storeBytes(of: socket, toByteOffset: Self.descriptorOffset, as: Int32.self)
        }
        return 0
      case .failure(let error): reason = error.text
      }
    }
    operation.note(operation.failure(.unreachable, "\(host) port \(port): \(reason)"))
    return Self.fail(reason)
  }

  private struct Refused: Error {
    let text: String
  }

  private func connect(to address: addrinfo) -> Result<Int32, Refused> {
    let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(address.ai_family, kind, address.ai_protocol)
    guard socket >= 0 else { return .failure(Refused(text: String(cString: strerror(errno)))) }
    guard operation.add(socket: socket) else {
      Glibc.close(socket)
      return .failure(Refused(text: "stopped"))
    }
    var problem: Int32 = 0
    if Glibc.connect(socket, address.ai_addr, address.ai_addrlen) != 0 {
      problem = errno
      if problem == EINPROGRESS || problem == EINTR { problem = awaitConnection(socket) }
    }
    guard problem == 0 else {
      operation.remove(socket: socket)
      Glibc.close(socket)
      return .failure(Refused(text: String(cString: strerror(problem))))
    }
    // The SSH library waits by itself, the others expect a socket that blocks.
    _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK)
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return .success(socket)
  }

  private func awaitConnection(_ socket: Int32) -> Int32 {
    while operation.stopped == nil {
      var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
      guard Glibc.poll(&poll, 1, 50) > 0 else { continue }
      var problem: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      return getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno
    }
    return ETIMEDOUT
  }

  private func read(into buffer: UnsafeMutableRawPointer?, count: Int) -> Int {
    while true {
      let received = recv(descriptor, buffer, count, 0)
      if received < 0, errno == EINTR { continue }
      if received > 0 { operation.received(received) }
      if received >= 0, operation.stopped == nil { return received }
      return Int(Self.fail("reading from \(host): \(String(cString: strerror(errno)))"))
    }
  }

  private func write(_ bytes: UnsafePointer<CChar>?, count: Int) -> Int {
    while true {
      let sent = send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
      if sent < 0, errno == EINTR { continue }
      return sent >= 0 ? sent : Int(Self.fail("writing to \(host): \(String(cString: strerror(errno)))"))
    }
  }

  private func close() -> Int32 {
    guard descriptor >= 0 else { return 0 }
    operation.remove(socket: descriptor)
    defer { descriptor = -1 }
    return Glibc.close(descriptor)
  }
}
