import Foundation
import GRDB

/// The rows of `leases`. Tokens grow for ever; who holds a lease counts only while the process that granted it lives, since
/// no other process can have the database open. So expiry uses the monotonic clock, which no time-of-day jump moves.
struct LeaseTable: Sendable {
  /// Tells this opening of the store from every other.
  private let session = UUID().uuidString
  private let uptime: @Sendable () -> Duration

  init(uptime: @escaping @Sendable () -> Duration) {
    self.uptime = uptime
  }

  func acquire(
    name: String, holder: String, duration: Duration, through database: SQLiteDatabase
  ) async throws -> Lease? {
    // The clock is read before the write waits its turn, so that a lease never lasts longer than its holder thinks.
    let now = uptime()
    return try await database.write(count: 1, bytes: 0) { transaction in
      let db = transaction.db
      let row = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT holder, token, session, expires FROM leases WHERE name = ?"), arguments: [name])
      if let row, row[0] != holder, row[2] == session, Self.nanoseconds(now) < (row[3] as Int64) { return nil }
      let token = (row?[1] as Int64? ?? 0) + 1
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)")
        .execute(arguments: [name, holder, token, session, Self.nanoseconds(now + duration)])
      return Lease(name: name, holder: holder, token: UInt64(bitPattern: token), duration: duration)
    }
  }

  func renew(_ lease: Lease, through database: SQLiteDatabase) async throws -> Bool {
    let now = uptime()
    return try await database.write(count: 1, bytes: 0) { transaction in
      try transaction.db.cachedStatement(
        sql: "UPDATE leases SET expires = ? WHERE name = ? AND token = ? AND holder = ? AND session = ?"
      ).execute(
        arguments: [
          Self.nanoseconds(now + lease.duration), lease.name, Int64(bitPattern: lease.token), lease.holder, session,
        ])
      return transaction.db.changesCount == 1
    }
  }

  /// The token is used up too, so that a commit under the released lease is fenced.
  func release(_ lease: Lease, through database: SQLiteDatabase) async throws {
    try await database.write(count: 1, bytes: 0) { transaction in
      try transaction.db.cachedStatement(
        sql: "UPDATE leases SET expires = ?, session = '', token = token + 1 WHERE name = ? AND token = ?"
      ).execute(arguments: [Int64.min, lease.name, Int64(bitPattern: lease.token)])
    }
  }

  /// Throws ``StoreError/Code/fenced`` unless the lease is the newest of its name.
  static func check(_ lease: Lease, _ db: Database) throws {
    let token = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT token FROM leases WHERE name = ?"), arguments: [lease.name])
    guard token != Int64(bitPattern: lease.token) else { return }
    throw StoreError(
      .fenced, "the lease \(lease.name) that \(lease.holder) had (token \(lease.token)) has been acquired anew; stop")
  }

  /// Saturates, so that a lease for ever is one.
  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carry ? (seconds < 0 ? .min : .max) : sum
  }
}
