import Foundation

/// One child as its supervisor's thread holds it: what is still to be written, and what has been read.
struct SupervisedChild {
  /// What a child is for, which says what its output means.
  enum Purpose: Sendable, Hashable {
    /// It gets its input, and its output is all of its result.
    case run
    /// It gets requests and answers each with one frame.
    case serve
    /// It gets and sends frames whenever it likes.
    case converse
  }

  let command: ConfinedCommand
  let purpose: Purpose
  let report: @Sendable (ChildEvent) -> Void
  let process: StartedChild
  /// When it is killed; nil while a server has nothing to do.
  private(set) var deadline: ContinuousClock.Instant?
  private(set) var isInputOpen = true
  private(set) var isOutputOpen = true
  private(set) var isErrorsOpen = true
  private var allowed: Duration
  private var pending: [UInt8]
  private var written = 0
  private var endsInput: Bool
  private var output: [UInt8] = []
  private var frames: FrameReader
  private var errors: CutText
  private var expectsAnswer = false
  private var killReason: ChildEnd.KillReason?
  /// The most memory that this process had held before. The kernel counts it as the child's, which began in this memory.
  private let inheritedPeak: Int

  init(
    starting command: ConfinedCommand, purpose: Purpose, input: [UInt8],
    report: @escaping @Sendable (ChildEvent) -> Void
  ) throws(ConfinementError) {
    process = try command.start()
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    inheritedPeak = Int(usage.ru_maxrss) << 10
    self.command = command
    self.purpose = purpose
    self.report = report
    pending = input
    endsInput = purpose == .run
    allowed = command.limits.wallClock
    deadline = purpose == .run ? .now + allowed : nil
    frames = FrameReader(limit: command.limits.outputBytes)
    errors = CutText(limit: command.limits.errorBytes)
    closeInputIfDone()
  }

  /// Whether there is something to write to it.
  var wantsToWrite: Bool { isInputOpen && written < pending.count }

  /// Sends a server one request, or a peer one frame: that has no time to answer in.
  mutating func send(_ frame: [UInt8], timeout: Duration?) {
    guard isInputOpen else { return }
    pending.removeFirst(written)
    written = 0
    pending += frame
    guard let timeout else { return }
    allowed = min(timeout, command.limits.wallClock)
    deadline = .now + allowed
    expectsAnswer = true
    errors.clear()
  }

  /// Ends its input, and gives it a little time to end by itself.
  mutating func finish() {
    endsInput = true
    allowed = Limits.farewell
    deadline = .now + allowed
    closeInputIfDone()
  }

  /// Kills it and all that it started; the first reason counts.
  mutating func kill(_ reason: ChildEnd.KillReason) {
    if killReason == nil { killReason = reason }
    deadline = nil
    // It is not reaped yet, so nobody else can have its number.
    Foundation.kill(-process.pid, SIGKILL)
  }

  mutating func checkDeadline(_ now: ContinuousClock.Instant) {
    if let deadline, deadline <= now { kill(.wallClock(allowed)) }
  }

  mutating func write() {
    guard wantsToWrite else { return }
    let count = pending.withUnsafeBytes { bytes in
      Foundation.write(process.input, bytes.baseAddress.map { $0 + written }, min(bytes.count - written, 1 << 20))
    }
    if count > 0 {
      written += count
      closeInputIfDone()
    } else if count < 0, errno != EAGAIN, errno != EINTR {
      // It does not want the rest; what it makes of what it has read is its own affair.
      written = pending.count
      closeInput()
    }
  }

  private mutating func closeInputIfDone() {
    if endsInput, written == pending.count { closeInput() }
  }

  private mutating func closeInput() {
    guard isInputOpen else { return }
    isInputOpen = false
    close(process.input)
    pending = []
    written = 0
  }

  /// Reads what there is of its output; true if there may be more.
  @discardableResult
  mutating func readOutput(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    let count = read(process.output, buffer.baseAddress, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { closeOutput() }
      return false
    }
    // What comes after the end of its time is of no use.
    guard killReason == nil else { return true }
    let bytes = buffer.prefix(count)
    switch purpose {
    case .run:
      guard output.count + count <= command.limits.outputBytes else {
        kill(.outputLimit)
        return true
      }
      output.append(contentsOf: bytes)
    case .serve: readAnswer(bytes)
    case .converse: readFrames(bytes)
    }
    return true
  }

  private mutating func readAnswer(_ bytes: some Collection<UInt8>) {
    guard expectsAnswer else {
      return kill(.broken(ConfinementError(.crashed, "it wrote to its output without having been asked")))
    }
    do throws(ConfinementError) {
      let answers = try frames.append(bytes)
      guard let answer = answers.first else { return }
      let surplus = answers.dropFirst().reduce(frames.incomplete) { $0 + 4 + $1.count }
      guard surplus == 0 else {
        throw ConfinementError(.crashed, "\(surplus) bytes follow an answer: its output is no answer only")
      }
      expectsAnswer = false
      deadline = nil
      report(.answer(answer))
    } catch {
      kill(.broken(error))
    }
  }

  private mutating func readFrames(_ bytes: some Collection<UInt8>) {
    do throws(ConfinementError) {
      for frame in try frames.append(bytes) { report(.answer(frame)) }
    } catch {
      kill(.broken(error))
    }
  }

  @discardableResult
  mutating func readErrors(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    let count = read(process.errors, buffer.baseAddress, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { closeErrors() }
      return false
    }
    errors.append(buffer.prefix(count))
    return true
  }

  private mutating func closeOutput() {
    guard isOutputOpen else { return }
    isOutputOpen = false
    close(process.output)
  }

  private mutating func closeErrors() {
    guard isErrorsOpen else { return }
    isErrorsOpen = false
    close(process.errors)
  }

  /// Takes the ended child's leave: ends what it started, reads what is left, and reports how it ended.
  mutating func reap(_ buffer: UnsafeMutableRawBufferPointer) {
    // Before its number is given back, so that nobody else's group is hit.
    Foundation.kill(-process.pid, SIGKILL)
    while isOutputOpen, readOutput(buffer) {}
    while isErrorsOpen, readErrors(buffer) {}
    var status: Int32 = 0
    var usage = rusage()
    var result: pid_t
    repeat { result = wait4(process.pid, &status, 0, &usage) } while result < 0 && errno == EINTR
    closeInput()
    closeOutput()
    closeErrors()
    close(process.pidfd)
    var end = ChildEnd()
    end.signal = result < 0 ? SIGKILL : status & 0x7F
    end.status = end.signal == 0 ? status >> 8 & 0xFF : nil
    end.cpuSeconds = usage.ru_utime.seconds + usage.ru_stime.seconds
    let peak = Int(usage.ru_maxrss) << 10
    end.residentBytes = peak > inheritedPeak ? peak : 0
    end.killReason = killReason
    report(.ended(result: conclude(end)))
  }

  private func conclude(_ end: ChildEnd) -> Result<ConfinedOutput, ConfinementError> {
    let text = errors.text
    if let error = end.error(program: command.name, limits: command.limits, errorOutput: text) {
      return .failure(error)
    }
    return .success(ConfinedOutput(status: end.status ?? -1, output: output, errorOutput: text))
  }
}

/// What a child's owner hears of it.
enum ChildEvent: Sendable {
  /// A server answered, or a peer sent a frame.
  case answer([UInt8])
  /// It has ended, or was never started. The last event.
  case ended(result: Result<ConfinedOutput, ConfinementError>)
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
