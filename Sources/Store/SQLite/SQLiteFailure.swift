import GRDB

/// Turns what GRDB throws into a ``StoreError``.
enum SQLiteFailure {
  static func error(_ error: any Error, file: String) -> StoreError {
    if let error = error as? StoreError { return error }
    guard let failure = error as? DatabaseError else {
      return StoreError(.unavailable, "\(file): \(error)", cause: error)
    }
    let reason = failure.message ?? "\(failure.resultCode)"
    switch failure.resultCode.primaryResultCode {
    case .SQLITE_FULL:
      return StoreError(
        .storageFull, "\(file): \(reason); nothing of this commit was kept, free some space and try again",
        cause: failure)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return StoreError(.corrupt, "\(file) is damaged: \(reason); restore a backup", cause: failure)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return StoreError(.locked, "\(file) is in use by another program: \(reason)", cause: failure)
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
      return StoreError(
        .unavailable, "\(file) cannot be opened for writing: \(reason); check its owner and mode", cause: failure)
    case .SQLITE_MISUSE where failure.message == "Connection is closed":
      return StoreError(.closed, "the store \(file) has been closed", cause: failure)
    default:
      return StoreError(.unavailable, "\(file): \(reason) (\(failure.extendedResultCode))", cause: failure)
    }
  }
}
