import CConfinement
import Foundation

/// A started child, seen from its parent.
struct StartedChild {
  let pid: pid_t
  let pidfd: Int32
  /// Our ends of its streams; they never block.
  let input: Int32
  let output: Int32
  let errors: Int32
}

extension ConfinedCommand {
  /// Starts the child. For the supervisor's thread alone: the child is killed when the thread that made it ends.
  func start() throws(ConfinementError) -> StartedChild {
    if let problem = limits.invalid { throw ConfinementError(.invalidArgument, "\(name): \(problem)") }
    let texts = [executable, directory ?? ""] + arguments + environment.flatMap { [$0.key, $0.value] }
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw ConfinementError(.invalidArgument, "\(name): an argument or variable contains a zero byte")
    }
    guard let path = Confinement.find(executable) else {
      throw ConfinementError(.notFound, "\(executable) is not on the PATH: install it, or name its path")
    }
    let ruleset = try makeRuleset(program: path)
    defer { if ruleset >= 0 { close(ruleset) } }
    var pipes: [Int32] = []
    do {
      for _ in 0..<3 { pipes += try makePipe() }
      let child = try start(path: path, ruleset: ruleset, pipes: pipes)
      for descriptor in [pipes[0], pipes[3], pipes[5]] { close(descriptor) }
      return child
    } catch {
      for descriptor in pipes { close(descriptor) }
      throw error
    }
  }

  private func start(path: String, ruleset: Int32, pipes: [Int32]) throws(ConfinementError) -> StartedChild {
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child = confinement_child()
    let result = path.withCString { executable in
      (directory ?? "/").withCString { directory in
        argv.withUnsafeMutableBufferPointer { argv in
          envp.withUnsafeMutableBufferPointer { envp in
            var plan = confinement_plan()
            plan.executable = executable
            plan.arguments = UnsafePointer(argv.baseAddress)
            plan.environment = UnsafePointer(envp.baseAddress)
            plan.directory = directory
            plan.input = pipes[0]
            plan.output = pipes[3]
            plan.errors = pipes[5]
            plan.ruleset = ruleset
            plan.allows_network = network == .allowed ? 1 : 0
            plan.allows_processes = startsProcesses ? 1 : 0
            plan.cpu_seconds = UInt64(limits.cpuSeconds)
            plan.data_bytes = UInt64(limits.memoryBytes)
            plan.file_bytes = UInt64(limits.fileBytes)
            plan.open_files = UInt64(limits.openFiles)
            return confinement_start(&plan, &child)
          }
        }
      }
    }
    guard result == 0 else { throw failure(child, path: path) }
    for descriptor in [pipes[1], pipes[2], pipes[4]] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    return StartedChild(pid: child.pid, pidfd: child.pidfd, input: pipes[1], output: pipes[2], errors: pipes[4])
  }

  private func failure(_ child: confinement_child, path: String) -> ConfinementError {
    let reason = String(cString: strerror(child.error))
    switch child.stage {
    case confinement_stage_exec:
      let code: ConfinementError.Code = child.error == ENOENT ? .notFound : .cannotStart
      return ConfinementError(code, "\(path) cannot be executed: \(reason)")
    case confinement_stage_directory:
      return ConfinementError(.cannotStart, "\(name) cannot run in \(directory ?? "/"): \(reason)")
    default:
      let stages: [confinement_stage: String] = [
        confinement_stage_clone: "making a process", confinement_stage_session: "making a session",
        confinement_stage_descriptors: "its streams", confinement_stage_limits: "its limits",
        confinement_stage_privileges: "dropping privileges", confinement_stage_landlock: "Landlock",
        confinement_stage_seccomp: "seccomp",
      ]
      return ConfinementError(
        .cannotStart, "\(name) cannot be confined (\(stages[child.stage] ?? "start")): \(reason)")
    }
  }

  private func makePipe() throws(ConfinementError) -> [Int32] {
    var ends: [Int32] = [-1, -1]
    guard confinement_pipe(&ends) == 0 else {
      throw ConfinementError(.cannotStart, "\(name) gets no pipe: \(String(cString: strerror(errno)))")
    }
    return ends
  }

  /// The Landlock ruleset of ``readable`` and ``writable``; -1 where the kernel has none.
  private func makeRuleset(program: String) throws(ConfinementError) -> Int32 {
    guard Confinement.isFilesystemConfined else { return -1 }
    let restricts: Int32 = readable == nil ? 0 : 1
    let ruleset = confinement_ruleset(restricts)
    var rules = [program, "/dev/urandom", "/dev/random"].map { ($0, confinement_access_read) }
    rules += (readable ?? []).map { ($0, confinement_access_read) }
    rules += writable.map { ($0, confinement_access_write) } + [("/dev/null", confinement_access_device)]
    var isComplete = ruleset >= 0
    for (path, access) in rules where isComplete {
      isComplete = confinement_ruleset_allow(ruleset, restricts, path, access) == 0 || errno == ENOENT
    }
    guard isComplete else {
      let reason = String(cString: strerror(errno))
      if ruleset >= 0 { close(ruleset) }
      throw ConfinementError(.cannotStart, "\(name) cannot be confined (Landlock): \(reason)")
    }
    return ruleset
  }
}

extension confinement_stage: @retroactive Hashable {}
