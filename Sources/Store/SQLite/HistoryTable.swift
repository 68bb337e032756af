import Foundation
import GRDB

/// The rows of `history`: one per change, with the object as it was before (see ``Schema``).
enum HistoryTable {
  static func add(
    revision: UInt64, key: ObjectKey, created: UInt64, deleted: Bool, previous: ObjectTable.Found?, _ db: Database
  ) throws {
    let before = previous.map { $0.object }
    try db.cachedStatement(sql: "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(
        arguments: [
          Int64(revision), key.kind, key.namespace, key.name, deleted, Int64(created),
          before.map { Int64($0.revision.value) }, previous?.checksum, before.map { Data($0.body) },
        ])
  }

  /// The oldest events in `after + 1 ... through`, and the revision up to which nothing was left out.
  static func page(
    after: UInt64, through: UInt64, kinds: Set<String>, _ db: Database
  ) throws -> (events: [StoreEvent], reached: UInt64) {
    let horizon = try StateTable.read(db).horizon
    guard after >= horizon else { throw compacted(after: after, horizon: horizon) }
    let names = kinds.sorted()
    let condition =
      names.isEmpty ? "" : "AND kind IN (\(Array(repeating: "?", count: names.count).joined(separator: ",")))"
    var arguments: StatementArguments = [Int64(after), Int64(through)]
    arguments += StatementArguments(names)
    arguments += [StoreLimits.watchPage]
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT revision, kind, namespace, name, deleted, created, previous_revision, previous_checksum, previous_body
        FROM history WHERE revision > ? AND revision <= ? \(condition) ORDER BY revision LIMIT ?
        """, arguments: arguments)
    var events: [StoreEvent] = []
    var bytes = 0
    while let row = try rows.next() {
      let event = try event(row, db)
      events.append(event)
      bytes += (event.object?.body.count ?? 0) + (event.previous?.body.count ?? 0)
      if bytes > StoreLimits.watchPageBytes || events.count == StoreLimits.watchPage {
        return (events, event.revision.value)
      }
    }
    return (events, through)
  }

  /// Removes at most `limit` of the rows up to a revision, the oldest first, and raises the horizon with them.
  /// - Returns: the new horizon, and whether more remain.
  static func compact(through revision: UInt64, limit: Int, _ db: Database) throws -> (horizon: UInt64, more: Bool) {
    let horizon = try StateTable.read(db).horizon
    guard horizon < revision else { return (horizon, false) }
    let step = min(revision, horizon + UInt64(limit))
    try db.cachedStatement(sql: "DELETE FROM history WHERE revision <= ?").execute(arguments: [Int64(step)])
    try StateTable.setHorizon(step, db)
    return (step, step < revision)
  }

  static func compacted(after: UInt64, horizon: UInt64) -> StoreError {
    StoreError(
      .compacted,
      "the history begins after revision \(horizon), so revision \(after) is too old; list again and watch from there")
  }

  private static func event(_ row: Row, _ db: Database) throws -> StoreEvent {
    let key = ObjectKey(kind: row[1], namespace: row[2], name: row[3])
    let revision: Int64 = row[0]
    let created = Revision(row: row[5])
    var previous: StoredObject?
    if let before: Int64 = row[6] {
      let body = try StoredBody(row, checksumAt: 7, of: key)
      // A change of an object keeps its creation; so does the deletion's row.
      previous = StoredObject(key: key, body: body.bytes, revision: Revision(row: before), created: created)
    }
    var object: StoredObject?
    if !(row[4] as Bool) {
      let body = try bodyAfter(revision, key, db)
      object = StoredObject(key: key, body: body, revision: Revision(row: revision), created: created)
    }
    return StoreEvent(revision: Revision(row: revision), key: key, object: object, previous: previous)
  }

  /// What the object was right after a change: what the next change found, or else what it is now.
  private static func bodyAfter(_ revision: Int64, _ key: ObjectKey, _ db: Database) throws -> [UInt8] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT previous_checksum, previous_body FROM history
        WHERE kind = ? AND namespace = ? AND name = ? AND revision > ? ORDER BY revision LIMIT 1
        """)
    let rows = try Row.fetchCursor(statement, arguments: [key.kind, key.namespace, key.name, revision])
    if let row = try rows.next() { return try StoredBody(row, checksumAt: 0, of: key).bytes }
    if let now = try ObjectTable.get(key, db), now.revision == Revision(row: revision) { return now.body }
    throw StoreError(.corrupt, "the history of \(key) has a gap after revision \(revision); restore a backup", key: key)
  }
}
