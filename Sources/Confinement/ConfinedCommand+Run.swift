extension ConfinedCommand {
  /// Runs the program to its end. At most `Limits.runningCommands` run at once; the time limit begins with the child's
  /// start. Blocks no thread of the caller's.
  ///
  /// When it ends, at a limit or when the task is cancelled, all processes that it started are killed too.
  ///
  /// - Parameter input: what it reads from standard input; it need not read all of it.
  /// - Returns: what it left, whatever its exit status says.
  /// - Throws: ``ConfinementError`` when it could not be started, a limit or a signal ended it, or the task was cancelled.
  public func run(input: [UInt8] = []) async throws(ConfinementError) -> ConfinedOutput {
    let supervisor = Supervisor.shared
    let id = supervisor.makeID()
    let cancellation = CancellationFlag()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        supervisor.post(
          .start(
            Supervisor.Start(id: id, command: self, purpose: .run, input: input, cancellation: cancellation) { event in
              if case .ended(let result) = event { continuation.resume(returning: result) }
            }))
      }
    } onCancel: {
      // The flag for a child that is not started yet, the order for one that is.
      cancellation.set()
      supervisor.post(.cancel(id))
    }
    return try result.get()
  }
}
