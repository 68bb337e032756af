import GRDB

/// The one row of `state`: the last revision, and the horizon below which no watch can begin.
enum StateTable {
  static func read(_ db: Database) throws -> (revision: UInt64, horizon: UInt64) {
    let statement = try db.cachedStatement(sql: "SELECT revision, horizon FROM state WHERE id = 1")
    guard let row = try Row.fetchOne(statement) else {
      throw StoreError(.corrupt, "the store's state row is missing; restore a backup")
    }
    return (UInt64(bitPattern: row[0]), UInt64(bitPattern: row[1]))
  }

  static func setRevision(_ revision: UInt64, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE state SET revision = ? WHERE id = 1").execute(arguments: [Int64(revision)])
  }

  static func setHorizon(_ horizon: UInt64, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE state SET horizon = ? WHERE id = 1").execute(arguments: [Int64(horizon)])
  }
}
