import Foundation

/// How a child ended, as the kernel tells it, and what that means.
struct ChildEnd: Sendable {
  /// Why it was killed by us.
  enum KillReason: Sendable, Hashable {
    case wallClock(Duration)
    case outputLimit
    case cancelled
    case broken(ConfinementError)
  }

  /// The exit status; nil if a signal ended it.
  var status: Int32?
  /// The signal that ended it; 0 if none did.
  var signal: Int32 = 0
  /// The processor time that it used.
  var cpuSeconds: Double = 0
  /// The most memory that it held; 0 where that is not known, because this process holds more.
  var residentBytes = 0
  /// Set where we killed it.
  var killReason: KillReason?

  /// The error that this end is; nil where the program ended by itself, whatever its status.
  func error(program: String, limits: ConfinementLimits, errorOutput: String) -> ConfinementError? {
    if let killReason { return killed(killReason, program: program, limits: limits) }
    if isOutOfMemory(limits: limits, errorOutput: errorOutput) {
      return ConfinementError(
        .memoryLimit,
        "\(program) needed more than \(limits.memoryBytes) bytes of memory (memoryBytes): make its input smaller")
    }
    guard status == nil else { return nil }
    let tail = errorOutput.isEmpty ? "" : ": \(errorOutput)"
    if signal == SIGXCPU || (signal == SIGKILL && cpuSeconds >= Double(limits.cpuSeconds)) {
      return ConfinementError(
        .cpuLimit,
        "\(program) used more than \(limits.cpuSeconds) s of processor time (cpuSeconds): make its input simpler")
    }
    switch signal {
    case SIGXFSZ:
      return ConfinementError(
        .fileLimit, "\(program) wrote a file of more than \(limits.fileBytes) bytes (fileBytes)\(tail)")
    case SIGKILL:
      return ConfinementError(
        .crashed, "\(program) was killed from outside; where the machine's memory ran out, the kernel did it\(tail)")
    case SIGSYS:
      return ConfinementError(.crashed, "\(program) made a system call of another architecture, and was killed\(tail)")
    default:
      return ConfinementError(.crashed, "\(program) crashed with signal \(signal)\(tail)")
    }
  }

  private func killed(_ reason: KillReason, program: String, limits: ConfinementLimits) -> ConfinementError {
    switch reason {
    case .wallClock(let duration):
      ConfinementError(.timeLimit, "\(program) took longer than \(duration) and was killed: make its input smaller")
    case .outputLimit:
      ConfinementError(
        .outputLimit, "\(program) wrote more than \(limits.outputBytes) bytes (outputBytes) and was killed")
    case .cancelled: ConfinementError(.cancelled, "\(program) was stopped")
    case .broken(let error): ConfinementError(error.code, "\(program): \(error.message)")
    }
  }

  /// What runtimes print when the kernel gives them no more memory: Go's own words, cgo's and the C library's loader's.
  private static let phrases = [
    "runtime: out of memory", "fatal error: out of memory", "runtime: cannot allocate memory",
    "fatal error: runtime: cannot", "fatal error: runtime: C malloc failed", "cannot map pages in arena address space",
    "failed to reserve page summary memory", "cannot allocate heap metadata",
    "pthread_create failed: Resource temporarily unavailable", "failed to create new OS thread",
  ]

  /// Only a program that ended as runtimes do in such a case is believed: its input may hold any words.
  private func isOutOfMemory(limits: ConfinementLimits, errorOutput: String) -> Bool {
    if status == 2 || [SIGABRT, SIGSEGV, SIGILL, SIGTRAP, SIGBUS].contains(signal) {
      if Self.phrases.contains(where: errorOutput.contains) { return true }
    }
    // A crash with the memory nearly full is a failed allocation more likely than anything else.
    return [SIGABRT, SIGSEGV, SIGILL, SIGTRAP].contains(signal) && residentBytes >= limits.memoryBytes / 4 * 3
  }
}
