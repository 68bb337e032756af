import Foundation
import Glibc
import Synchronization

/// A child with some of a simulation's agents, which calls ``SimulationChild/run(_:)``: started with pipes, and ended by closing
/// the one that it reads from.
public final class SimulationWorker: Sendable {
  /// What a child says.
  public enum Word: Sendable {
    /// What its agents have come to.
    case report(SimulationReport)
    /// It has ended: its exit status, or the signal's negative number.
    case ended(Int32)
  }

  /// Its process.
  public let pid: pid_t
  private let lifeline: Mutex<Int32?>

  /// Starts this process' own executable with arguments. What it says is handed to `heard`, from a thread of the worker's own, `ended`
  /// last. It has ended when this process has, however that ends.
  ///
  /// - Throws: `AgentError` with `child`.
  public init(arguments: [String], heard: @escaping @Sendable (Word) -> Void) throws {
    let input = try Self.pipe()
    let output: (read: Int32, write: Int32)
    do {
      output = try Self.pipe()
    } catch {
      close(input.read)
      close(input.write)
      throw error
    }
    let result = Self.spawn(
      [CommandLine.arguments.first ?? "flotilla"] + arguments, input: input.read, output: output.write)
    close(input.read)
    close(output.write)
    guard case .success(let pid) = result else {
      close(input.write)
      close(output.read)
      if case .failure(let problem) = result { throw problem }
      throw Self.failure(EINVAL)
    }
    self.pid = pid
    lifeline = Mutex(input.write)
    let descriptor = output.read
    Thread.detachNewThread {
      Self.listen(descriptor) { heard(.report($0)) }
      close(descriptor)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7F
      heard(.ended(signal == 0 ? (status >> 8) & 0xFF : -signal))
    }
  }

  /// Lets the child end. Harmless when repeated.
  public func end() {
    lifeline.withLock { descriptor in
      if let descriptor { close(descriptor) }
      descriptor = nil
    }
  }

  /// A pipe that only the child of this worker gets an end of.
  private static func pipe() throws(AgentError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw failure(errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func failure(_ problem: Int32) -> AgentError {
    AgentError(.child, "a child of the simulation cannot be started: \(String(cString: strerror(problem)))")
  }

  private static func spawn(_ arguments: [String], input: Int32, output: Int32) -> Result<pid_t, AgentError> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGPIPE, SIGTERM, SIGINT] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    // A group of its own: Ctrl-C is for the parent, which ends its children and then says what they came to.
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var argv = arguments.map { strdup($0) } + [nil]
    defer { for text in argv { free(text) } }
    var pid: pid_t = 0
    let problem = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &argv, environ)
    return problem == 0 ? .success(pid) : .failure(failure(problem))
  }

  /// Reads lines until the other end is closed; what is no report is passed over.
  private static func listen(_ descriptor: Int32, _ heard: (SimulationReport) -> Void) {
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      pending += buffer[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        if let report = SimulationReport(decoding: pending[..<end]) { heard(report) }
        pending.removeSubrange(...end)
      }
      // No report is that long.
      if pending.count > 1 << 20 { pending = [] }
    }
  }
}
