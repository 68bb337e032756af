import Confinement
import Document
import Foundation

/// Helm in child processes, so that a hostile template, chart or chart server costs a child and not this process.
///
/// Children that render have no network and write no files; they live on from request to request, until there are none for
/// `Limits.idleChildSeconds`. Only a chart that looks objects up in a cluster, or asks name servers, where it may, is rendered by one with
/// the network. Each child that fetches serves one request, has the network, and writes to one directory of its own, which is gone
/// afterwards. A request that
/// exceeds a limit fails with `limitExceeded` and its child is killed; other requests go on. Cancelling a task kills what
/// works for it. Nothing is started before the first request.
public final class HelmWorkers: Sendable {
  let renderers: [ConfinedServer]
  let turns: Turns
  let network: NetworkRenderer
  let pullTurns: Turns
  let limits: HelmWorkerLimits
  let puller: PullerCommand
  /// Small file operations, away from Swift's own threads.
  let files = WorkerPool(threads: 2, capacity: Limits.queuedOperations)

  /// Makes the workers; nothing is started yet.
  ///
  /// - Parameters:
  ///   - command: the program that a child is.
  ///   - libraryPath: the file of Helm's library; nil takes `HelmLibrary.load`'s default.
  ///   - renderers: how many children may render at the same time, at least 1 and at most `Limits.renderersMaximum`.
  ///   - limits: what one request may cost.
  public init(
    command: HelmWorkerCommand, libraryPath: String? = nil, renderers: Int = 2, limits: HelmWorkerLimits = .init()
  ) {
    let count = min(max(1, renderers), Limits.renderersMaximum)
    let libraryPath = libraryPath ?? HelmLibrary.defaultPath
    self.limits = limits
    turns = Turns(count: count, waiting: Limits.queuedOperations)
    pullTurns = Turns(count: Limits.pullsAtOnce, waiting: Limits.queuedOperations)
    puller = PullerCommand(command: command, libraryPath: libraryPath, limits: limits)
    let confined = ConfinedCommand(
      executable: command.executable, arguments: command.arguments,
      environment: WorkerEnvironment.base(libraryPath: libraryPath, memoryBytes: limits.renderMemoryBytes),
      limits: ConfinementLimits(
        wallClock: max(limits.renderTime, limits.valueTemplateTime),
        // For a child's whole life; the time of each request is limited by the clock.
        cpuSeconds: Limits.workerLifetimeSeconds, memoryBytes: limits.renderMemoryBytes,
        outputBytes: Limits.workerMessageBytes, fileBytes: 0))
    self.renderers = (0..<count).map { _ in
      ConfinedServer(
        confined, requestsPerChild: limits.requestsPerRenderer, idle: .seconds(Limits.idleChildSeconds))
    }
    network = NetworkRenderer(confined, limits: limits)
  }

  /// Ends the children. Requests under way fail as cancelled, and so does every later one that renders.
  public func stop() async {
    for renderer in renderers { await renderer.stop() }
    await network.stop()
  }

  /// Sends a request to the next renderer that is free.
  func ask(
    _ message: WorkerMessage, doing: String, within time: Duration, withNetwork: Bool = false
  ) async throws(HelmError) -> WorkerMessage {
    let request = message.bytes
    guard request.count <= Limits.workerMessageBytes else {
      throw HelmError(
        code: .limitExceeded,
        message: "\(doing): chart and values have \(request.count) bytes, more than \(Limits.workerMessageBytes)")
    }
    let turn = try await turns.take(doing: doing)
    defer { turns.giveBack(turn) }
    let answer: [UInt8]
    do throws(ConfinementError) {
      let renderer = withNetwork ? try network.server() : renderers[turn]
      answer = try await renderer.request(request, timeout: time)
    } catch {
      throw WorkerFailure(error, doing: doing, time: time, memoryBytes: limits.renderMemoryBytes).helmError
    }
    let message = try WorkerMessage(bytes: answer)
    if let failure = message.failure { throw failure }
    return message
  }
}
