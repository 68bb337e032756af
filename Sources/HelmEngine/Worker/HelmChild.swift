import Confinement
import Dispatch
import Document
import Foundation
import Synchronization

/// Helm in a child process that performs many requests at a time, and ends when it has had none for a while: what Go's runtime
/// and Helm's caches hold is given back then.
///
/// The child is started by the first request. When it crashes, the requests that it had fail with `workerFailed`, or `limitExceeded`
/// where it ran out of memory, and the next one gets a new child: what they began is as it is after a crash of this process.
final class HelmChild: HelmPerformer {
  private typealias Continuation = CheckedContinuation<WorkerMessage, any Error>

  private struct Running {
    let number: UInt64
    let peer: ConfinedPeer
    let directory: ChildDirectory
  }

  private struct Pending {
    let child: UInt64
    let doing: String
    let continuation: Continuation
  }

  private struct State {
    var running: Running?
    var pending: [UInt64: Pending] = [:]
    var lastID: UInt64 = 0
    var lastChild: UInt64 = 0
    var lastUse: ContinuousClock.Instant = .now
    var isIdleWatched = false
  }

  private let command: HelmWorkerCommand
  private let libraryPath: String
  private let threads: Int
  private let idle: Duration
  private let state = Mutex(State())

  init(
    command: HelmWorkerCommand, libraryPath: String, threads: Int, idle: Duration = .seconds(Limits.idleChildSeconds)
  ) {
    self.command = command
    self.libraryPath = libraryPath
    self.threads = threads
    self.idle = idle
  }

  /// The directory of the child that runs, which no other child has; nil while there is none.
  var directory: String? { state.withLock { $0.running?.directory.path } }

  func perform(_ request: HelmRequest) async throws -> WorkerMessage {
    try Task.checkCancellation()
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    var message = request.message
    message.header["id"] = .integer(Int64(id))
    message.header["threads"] = .integer(Int64(threads))
    let bytes = message.bytes
    let answer = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        send(bytes, id: id, doing: request.doing, continuation)
        // A task cancelled before its request was sent had nothing to take back yet.
        if Task.isCancelled { cancel(id) }
      }
    } onCancel: {
      cancel(id)
    }
    guard let failure = answer.failure else { return answer }
    if failure.code == .cancelled { throw CancellationError() }
    throw failure
  }

  private func send(_ bytes: [UInt8], id: UInt64, doing: String, _ continuation: Continuation) {
    let refusal = state.withLock { state -> HelmError? in
      guard state.pending.count < Limits.queuedOperations else {
        return HelmError(
          code: .overloaded, message: "\(Limits.queuedOperations) Helm operations wait already: try again later")
      }
      do {
        let running = try state.running ?? start(&state)
        try running.peer.send(bytes)
        state.running = running
        state.pending[id] = Pending(child: running.number, doing: doing, continuation: continuation)
        return nil
      } catch let error as HelmError {
        return error
      } catch {
        return HelmError(code: .invalidArgument, message: "\(doing): \(error)", cause: error)
      }
    }
    if let refusal { continuation.resume(throwing: refusal) }
  }

  private func start(_ state: inout State) throws(HelmError) -> Running {
    let directory = try ChildDirectory()
    var environment = WorkerEnvironment.base(libraryPath: libraryPath, memoryBytes: Limits.releaseMemoryBytes)
    environment.merge(
      WorkerEnvironment.cluster(directory: directory.path, inherited: ProcessInfo.processInfo.environment)
    ) { $1 }
    let confined = ConfinedCommand(
      executable: command.executable, arguments: command.arguments, environment: environment,
      limits: ConfinementLimits(
        cpuSeconds: Limits.workerLifetimeSeconds, memoryBytes: Limits.releaseMemoryBytes,
        outputBytes: Limits.workerMessageBytes, fileBytes: Limits.releaseMemoryBytes, openFiles: 4096),
      network: .allowed, writable: [directory.path])
    state.lastChild += 1
    let number = state.lastChild
    return Running(
      number: number,
      peer: ConfinedPeer(confined) { [weak self] event in self?.take(event, of: number) }, directory: directory)
  }

  private func cancel(_ id: UInt64) {
    state.withLock { state in
      guard let pending = state.pending[id], let running = state.running, running.number == pending.child else {
        return
      }
      try? running.peer.send(WorkerMessage(header: ["cancel": .integer(Int64(id))]).bytes)
    }
  }

  private func take(_ event: ConfinedPeer.Event, of child: UInt64) {
    switch event {
    case .received(let bytes):
      do {
        try finish(WorkerMessage(bytes: bytes))
      } catch {
        state.withLock { state in
          if state.running?.number == child { state.running?.peer.kill() }
        }
      }
    case .ended(let error): lose(child, error)
    }
  }

  private func finish(_ answer: WorkerMessage) throws(HelmError) {
    guard let id = answer.header["id"]?.int.flatMap(UInt64.init(exactly:)) else {
      throw HelmError(code: .workerFailed, message: "an answer of Helm's worker does not say what it answers")
    }
    let (pending, becomesIdle) = state.withLock { state in
      let pending = state.pending.removeValue(forKey: id)
      state.lastUse = .now
      let becomesIdle = state.pending.isEmpty && !state.isIdleWatched
      if becomesIdle { state.isIdleWatched = true }
      return (pending, becomesIdle)
    }
    pending?.continuation.resume(returning: answer)
    if becomesIdle { watchIdleness(for: idle) }
  }

  private func lose(_ child: UInt64, _ error: ConfinementError?) {
    let lost = state.withLock { state in
      if state.running?.number == child { state.running = nil }
      let lost = state.pending.filter { $0.value.child == child }
      for id in lost.keys { state.pending[id] = nil }
      return lost.values
    }
    for pending in lost {
      let reason = error ?? ConfinementError(.crashed, "\(command.executable) ended before it had answered")
      pending.continuation.resume(
        throwing: WorkerFailure(
          reason, doing: pending.doing, time: .zero, memoryBytes: Limits.releaseMemoryBytes
        ).helmError)
    }
  }

  /// Looks again once the child may have been idle for long enough, and ends it if it was.
  private func watchIdleness(for time: Duration) {
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.endIdle() }
  }

  private func endIdle() {
    let remaining = state.withLock { state -> Duration? in
      let unused = ContinuousClock.now - state.lastUse
      guard state.pending.isEmpty, unused < idle else {
        state.isIdleWatched = false
        if state.pending.isEmpty, let running = state.running {
          running.peer.finish()
          state.running = nil
        }
        return nil
      }
      return idle - unused
    }
    if let remaining { watchIdleness(for: remaining) }
  }
}
