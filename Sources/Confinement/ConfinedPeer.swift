/// A child that lives on and exchanges frames with this process, either side whenever it likes: four bytes of length, the
/// highest first, and as many bytes, over the child's standard input and output.
///
/// The child starts at once. What its frames mean, how long it may take over them, and when it ends is its owner's to say.
public final class ConfinedPeer: Sendable {
  /// What the owner hears of it, in order; nothing follows `ended`.
  public enum Event: Sendable {
    /// It sent a frame.
    case received([UInt8])
    /// It has ended, or could not be started: because its input ended, or for the reason given.
    case ended(ConfinementError?)
  }

  private let id: UInt64
  private let name: String

  /// Starts a child.
  ///
  /// - Parameters:
  ///   - command: the program. `limits.outputBytes` is for one frame, `limits.wallClock` counts for nothing, and the other limits
  ///     are for the child's whole life.
  ///   - report: is called on the thread that serves all children: it must not block.
  public init(_ command: ConfinedCommand, report: @escaping @Sendable (Event) -> Void) {
    let (id, name) = (Supervisor.shared.makeID(), command.name)
    self.id = id
    self.name = name
    Supervisor.shared.post(
      .start(
        Supervisor.Start(
          id: id, command: command, purpose: .converse, input: [], cancellation: CancellationFlag(),
          report: { event in
            switch event {
            case .answer(let frame): report(.received(frame))
            case .ended(.failure(let error)): report(.ended(error))
            case .ended(.success(let output)) where output.status == 0: report(.ended(nil))
            case .ended(.success(let output)):
              let tail = output.errorOutput.isEmpty ? "" : ": \(output.errorOutput)"
              report(.ended(ConfinementError(.crashed, "\(name) ended with status \(output.status)\(tail)")))
            }
          })))
  }

  deinit {
    finish()
  }

  /// Sends a frame, behind those sent before. One for a child that has ended is lost, which `ended` told of or will.
  ///
  /// Throws ``ConfinementError`` with `invalidArgument` for more than `Limits.requestBytes`.
  public func send(_ bytes: [UInt8]) throws(ConfinementError) {
    guard bytes.count <= Limits.requestBytes else {
      throw ConfinementError(
        .invalidArgument, "\(name): a frame of \(bytes.count) bytes is more than \(Limits.requestBytes) (requestBytes)")
    }
    Supervisor.shared.post(.send(id, FrameReader.frame(bytes), timeout: nil))
  }

  /// Ends the child's input once all is sent: it has `Limits.farewell` from now to end by itself, and is killed then.
  public func finish() {
    Supervisor.shared.post(.finish(id))
  }

  /// Kills the child and all that it started.
  public func kill() {
    Supervisor.shared.post(.cancel(id))
  }
}
