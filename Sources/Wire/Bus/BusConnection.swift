/// An open connection of a `BusClient`, for more than one use: an agent that has enrolled goes on with it. It is closed when nobody
/// has it any more.
public final class BusConnection: Sendable {
  private let connection: RPCConnection

  init(_ connection: RPCConnection) { self.connection = connection }

  deinit { connection.close() }

  /// The server's calls, from now on, are answered by these.
  public func answer(with handlers: RPCHandlers) { connection.answer(with: handlers) }

  /// Runs `body` with the connection, which stays open. When it is lost, `body`'s task is cancelled and the loss is thrown, an
  /// `RPCError`; so is whatever `body` throws.
  public func use<Result: Sendable>(
    _ body: @escaping @Sendable (RPCChannel) async throws -> Result
  ) async throws -> Result {
    let connection = connection
    return try await withThrowingTaskGroup(of: Result.self) { group in
      group.addTask { try await body(RPCChannel(connection: connection)) }
      group.addTask {
        let loss = await connection.waitForEnd()
        try Task.checkCancellation()
        throw loss
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  /// Ends the connection; the server is told.
  public func close() { connection.close() }
}
