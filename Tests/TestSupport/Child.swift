import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Starts children through `posix_spawn`.
enum Child {
  static func spawn(_ command: Command, _ files: CommandFiles) throws -> pid_t {
    let arguments = (command.directory.map { ["env", "-C", $0] } ?? []) + command.arguments
    guard let program = arguments.first else { throw Command.Failure("a command without a program") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, files.errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    // A descriptor that goes along keeps its other end waiting for ever.
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let descriptor = Int32(name), descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Swift's threads block signals and its servers ignore SIGPIPE, and a child inherits both.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    var argv = arguments.map { strdup($0) } + [nil]
    var envp = command.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let problem = posix_spawnp(&pid, program, &actions, &attributes, &argv, &envp)
    guard problem == 0 else { throw Command.Failure("`\(command.line)`: \(String(cString: strerror(problem)))") }
    return pid
  }
}

/// A command's streams as files: a pipe fills up, and that of a program which leaves processes behind never ends.
struct CommandFiles: Sendable {
  let input: String
  let output: String
  let errors: String
  private let directory: String?

  init(input: Data?, log: String?) throws {
    guard input != nil || log == nil else {
      self.input = "/dev/null"
      output = log ?? ""
      errors = log ?? ""
      directory = nil
      return
    }
    let directory = try TemporaryDirectory.make("run")
    self.directory = directory
    self.input = input == nil ? "/dev/null" : directory + "/in"
    output = log ?? directory + "/out"
    errors = log ?? directory + "/err"
    try input?.write(to: URL(filePath: self.input))
  }

  func remove() {
    if let directory { try? FileManager.default.removeItem(atPath: directory) }
  }

  static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
