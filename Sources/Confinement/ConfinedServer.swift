/// A child that lives on and answers one request at a time: each is four bytes of length, the highest first, and as many
/// bytes, both ways, over its standard input and output.
///
/// The child is started when the first request comes. It is replaced after `requestsPerChild` requests, and after every
/// error, so that nothing which one request left behind reaches more than a bounded number of others. It ends when it has had no
/// request for `idle`.
public actor ConfinedServer {
  private struct Child {
    let id: UInt64
    let events: ChildEvents
    var answered = 0
  }

  private let command: ConfinedCommand
  private let requestsPerChild: Int
  private let idle: Duration?
  private var lastUse: ContinuousClock.Instant = .now
  private var isIdleWatched = false
  private var child: Child?
  private var isBusy = false
  private var isStopped = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  /// A server that is not started yet.
  ///
  /// - Parameters:
  ///   - command: the program. `limits.cpuSeconds` and the other limits are for the whole life of one child, but
  ///     `wallClock` and `outputBytes` for one request.
  ///   - requestsPerChild: how many requests one child answers; less than 1 counts as 1.
  ///   - idle: how long a child without a request lives; nil keeps it.
  public init(_ command: ConfinedCommand, requestsPerChild: Int, idle: Duration? = nil) {
    self.command = command
    self.idle = idle
    self.requestsPerChild = max(1, requestsPerChild)
  }

  deinit {
    if let child { Supervisor.shared.post(.finish(child.id)) }
  }

  /// Sends one request and returns its answer. Requests wait for one another, in turn.
  ///
  /// - Parameters:
  ///   - bytes: the request, at most `Limits.requestBytes`.
  ///   - timeout: how long the answer may take from when the request's turn comes, a child's start included.
  /// - Throws: ``ConfinementError``: a limit was reached, the child crashed, ended or broke the protocol, the task was
  ///   cancelled, or the server stopped. The next request gets a new child.
  public func request(_ bytes: [UInt8], timeout: Duration) async throws(ConfinementError) -> [UInt8] {
    guard bytes.count <= Limits.requestBytes else {
      throw ConfinementError(
        .invalidArgument,
        "\(command.name): a request of \(bytes.count) bytes is more than \(Limits.requestBytes) (requestBytes)")
    }
    try await takeTurn()
    defer { passTurn() }
    guard !isStopped else { throw ConfinementError(.cancelled, "\(command.name) was stopped") }
    guard !Task.isCancelled else { throw ConfinementError(.cancelled, "the request to \(command.name) was cancelled") }
    return try await exchange(bytes, timeout: timeout)
  }

  private func exchange(_ bytes: [UInt8], timeout: Duration) async throws(ConfinementError) -> [UInt8] {
    if let child, child.events.hasEnded { self.child = nil }
    var current = child ?? start()
    child = current
    let id = current.id
    Supervisor.shared.post(.send(id, FrameReader.frame(bytes), timeout: timeout))
    let event = await withTaskCancellationHandler {
      await current.events.next()
    } onCancel: {
      Supervisor.shared.post(.cancel(id))
    }
    switch event {
    case .answer(let answer):
      current.answered += 1
      child = current
      // A task that is cancelled at this moment may have had the child killed already.
      if current.answered >= requestsPerChild || isStopped || Task.isCancelled { retire() }
      return answer
    case .ended(let result):
      child = nil
      switch result {
      case .failure(let error): throw error
      case .success(let output):
        let tail = output.errorOutput.isEmpty ? "" : ": \(output.errorOutput)"
        throw ConfinementError(
          .crashed, "\(command.name) ended with status \(output.status) instead of an answer\(tail)")
      }
    }
  }

  /// Ends the child. A request under way fails as cancelled, and so does every later one.
  public func stop() async {
    isStopped = true
    if isBusy, let child { Supervisor.shared.post(.cancel(child.id)) }
    // Behind whoever waits, all of whom now end at once.
    guard (try? await takeTurn()) != nil else { return }
    defer { passTurn() }
    guard let child else { return }
    retire()
    while true {
      if case .ended = await child.events.next() { return }
    }
  }

  private func start() -> Child {
    let child = Child(id: Supervisor.shared.makeID(), events: ChildEvents())
    Supervisor.shared.post(
      .start(
        Supervisor.Start(
          id: child.id, command: command, purpose: .serve, input: [], cancellation: CancellationFlag(),
          report: { [events = child.events] event in events.report(event) })))
    return child
  }

  private func retire() {
    if let child { Supervisor.shared.post(.finish(child.id)) }
    child = nil
  }

  private func takeTurn() async throws(ConfinementError) {
    guard isBusy else {
      isBusy = true
      return
    }
    guard waiters.count < Limits.waitingRequests else {
      throw ConfinementError(
        .overloaded, "\(command.name): \(waiters.count) requests wait already: try again later")
    }
    await withCheckedContinuation { waiters.append($0) }
  }

  private func passTurn() {
    lastUse = .now
    guard !waiters.isEmpty else {
      isBusy = false
      watchIdleness()
      return
    }
    waiters.removeFirst().resume()
  }

  /// One task looks, however many requests there are.
  private func watchIdleness() {
    guard let idle, child != nil, !isIdleWatched else { return }
    isIdleWatched = true
    Task { [weak self] in
      var remaining: Duration? = idle
      while let time = remaining {
        try? await Task.sleep(for: time)
        remaining = await self?.retireIdle(after: idle)
      }
    }
  }

  /// Ends the child if it has had nothing to do for so long; otherwise, how long to wait until it may have.
  private func retireIdle(after idle: Duration) -> Duration? {
    let unused = ContinuousClock.now - lastUse
    if !isBusy, unused < idle { return idle - unused }
    isIdleWatched = false
    if !isBusy { retire() }
    return nil
  }
}
