import Foundation
import GitSource
import Testing

struct CommandFailed: Error, CustomStringConvertible {
  let description: String
}

/// Starts a program with its own environment and files for its standard streams.
///
/// Not Foundation's `Process`: it takes a program that closes inherited descriptors, as sshd does, for one that has ended, and then
/// waits for it with a lock that every other `Process` needs.
func spawn(_ program: String, _ arguments: [String], input: String = "/dev/null", output: String, errors: String) throws
  -> pid_t
{
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  // Swift's threads block signals, and a child inherits that: without this it would never hear SIGTERM.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
  let environment = [
    "PATH=/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=T",
    "GIT_AUTHOR_EMAIL=t@example.com",
    "GIT_COMMITTER_NAME=T", "GIT_COMMITTER_EMAIL=t@example.com",
  ]
  var argv = ([program] + arguments).map { strdup($0) } + [nil]
  var envp = environment.map { strdup($0) } + [nil]
  defer { for text in argv + envp { free(text) } }
  var process: pid_t = 0
  let problem = posix_spawn(&process, program, &actions, &attributes, &argv, &envp)
  guard problem == 0 else { throw CommandFailed(description: "\(program): \(String(cString: strerror(problem)))") }
  return process
}

/// Runs a program to its end and returns its output; throws with what it wrote to standard error when it fails.
@discardableResult
func run(_ program: String, _ arguments: [String], input: Data? = nil) throws -> String {
  let base = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)").path
  let (given, output, errors) = (base + ".in", base + ".out", base + ".err")
  defer { for file in [given, output, errors] { unlink(file) } }
  if let input { try input.write(to: URL(fileURLWithPath: given)) }
  let process = try spawn(
    program, arguments, input: input == nil ? "/dev/null" : given, output: output, errors: errors)
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
  guard status == 0 else {
    let problem = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
    throw CommandFailed(description: "\(program) \(arguments): \(problem)")
  }
  return text.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// Runs the body with a new directory, and removes it afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("git-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: directory) }
  try await body(directory)
}

/// A repository that the real git makes.
struct TestRepository {
  let path: String

  init(_ path: String, branch: String = "master") throws {
    self.path = path
    try run("/usr/bin/git", ["init", "-q", "-b", branch, path])
  }

  @discardableResult
  func git(_ arguments: String...) throws -> String {
    try run("/usr/bin/git", ["-C", path] + arguments)
  }

  func write(_ file: String, _ text: String) throws {
    let url = URL(fileURLWithPath: path).appendingPathComponent(file)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// Commits everything and returns the commit's id.
  @discardableResult
  func commit(_ message: String = "change") throws -> String {
    try git("add", "-A")
    try git("commit", "-q", "--allow-empty", "-m", message)
    return try git("rev-parse", "HEAD")
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
  private let process: pid_t

  /// Starts the program and waits until somebody answers on the port.
  init(_ program: String, _ arguments: [String], port: Int) async throws {
    self.port = port
    process = try spawn(program, arguments, output: "/dev/null", errors: "/dev/null")
    let deadline = ContinuousClock.now + .seconds(20)
    while !Self.answers(port) {
      guard ContinuousClock.now < deadline else {
        throw CommandFailed(description: "\(program) does not listen on port \(port)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  deinit {
    kill(process, SIGTERM)
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
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
      throw CommandFailed(description: "no free port: \(String(cString: strerror(errno)))")
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
