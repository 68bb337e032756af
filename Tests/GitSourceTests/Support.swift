import Foundation
import GitSource
import TestSupport
import Testing

/// The environment of every program that the tests run: nothing of the user's own.
private let plainEnvironment = [
  "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "T",
  "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com",
]

/// Runs a program to its end and returns its output; throws with what it wrote to standard error when it fails.
@discardableResult
func run(_ program: String, _ arguments: [String], input: Data? = nil) async throws -> String {
  var command = Command([program] + arguments, environment: plainEnvironment)
  command.input = input
  return try await command.checked().trimmingCharacters(in: .whitespacesAndNewlines)
}

/// A repository that the real git makes.
struct TestRepository {
  let path: String

  init(_ path: String, branch: String = "master") async throws {
    self.path = path
    try await run("/usr/bin/git", ["init", "-q", "-b", branch, path])
  }

  @discardableResult
  func git(_ arguments: String...) async throws -> String {
    try await run("/usr/bin/git", ["-C", path] + arguments)
  }

  func write(_ file: String, _ text: String) throws {
    let url = URL(fileURLWithPath: path).appendingPathComponent(file)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// Commits everything and returns the commit's id.
  @discardableResult
  func commit(_ message: String = "change") async throws -> String {
    try await git("add", "-A")
    try await git("commit", "-q", "--allow-empty", "-m", message)
    return try await git("rev-parse", "HEAD")
  }

  var remote: GitRemote {
    get throws { try GitRemote(url: "file://\(path)") }
  }
}

/// The git error that the body throws; records an issue when it throws none.
func gitError(_ body: () async throws -> Void, location: SourceLocation = #_sourceLocation) async -> GitError? {
  do {
    try await body()
    Issue.record("no error was thrown", sourceLocation: location)
    return nil
  } catch let error as GitError {
    return error
  } catch {
    Issue.record("not a git error: \(error)", sourceLocation: location)
    return nil
  }
}

/// A server that a test starts, and that ends with it.
final class TestServer {
  let port: Int
  private let process: RunningCommand

  /// Starts the program and waits until somebody answers on the port.
  init(_ program: String, _ arguments: [String], port: Int) async throws {
    self.port = port
    process = try Command([program] + arguments, environment: plainEnvironment).start()
    let deadline = ContinuousClock.now + .seconds(60)
    while !Self.answers(port) {
      guard ContinuousClock.now < deadline else {
        throw Command.Failure("\(program) does not listen on port \(port)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  deinit {
    process.send(SIGTERM)
    process.waitBlocking()
  }

  /// A port that nobody uses now.
  static func freePort() throws -> Int {
    let (socket, port) = try listener(backlog: nil)
    close(socket)
    return port
  }

  /// A socket bound to a free port of loopback; listening if a backlog is given.
  static func listener(backlog: Int32?) throws -> (socket: Int32, port: Int) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard isBound, backlog.map({ listen(socket, $0) == 0 }) ?? true else {
      throw Command.Failure("no free port: \(String(cString: strerror(errno)))")
    }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }

  private static func answers(_ port: Int) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
