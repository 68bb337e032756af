import Foundation

struct CommandFailed: Error, CustomStringConvertible {
  let description: String
}

/// Starts a program whose output goes to a file.
///
/// Not Foundation's `Process`: what it waits for can be inherited by another child that is started at the same moment, and then
/// it waits for that one's end too.
func spawn(_ program: String, _ arguments: [String], output: String = "/dev/null") throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  var argv = ([program] + arguments).map { strdup($0) } + [nil]
  var envp = [strdup("PATH=/usr/bin:/bin"), nil]
  defer { for text in argv + envp { free(text) } }
  var process: pid_t = 0
  let problem = posix_spawn(&process, program, &actions, nil, &argv, &envp)
  guard problem == 0 else { throw CommandFailed(description: "\(program): \(String(cString: strerror(problem)))") }
  return process
}

/// Waits for a program's end and returns its wait status, 0 for success.
@discardableResult
func reap(_ process: pid_t) -> Int32 {
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return status
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String]) throws {
  let status = reap(try spawn(program, arguments))
  guard status == 0 else { throw CommandFailed(description: "\(program) \(arguments) ended with \(status)") }
}
