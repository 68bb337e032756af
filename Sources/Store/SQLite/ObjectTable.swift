import GRDB

/// The rows of `objects`: what exists now.
enum ObjectTable {
  /// An object with its row and the checksum of its body.
  struct Found {
    let id: Int64
    let object: StoredObject
    let checksum: Int64
  }

  static func get(_ key: ObjectKey, _ db: Database) throws -> StoredObject? {
    try find(key, db)?.object
  }

  static func find(_ key: ObjectKey, _ db: Database) throws -> Found? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT id, revision, created, checksum, body FROM objects WHERE kind = ? AND namespace = ? AND name = ?
        """)
    let rows = try Row.fetchCursor(statement, arguments: [key.kind, key.namespace, key.name])
    guard let row = try rows.next() else { return nil }
    let body = try StoredBody(row, checksumAt: 3, of: key)
    let object = StoredObject(
      key: key, body: body.bytes, revision: Revision(row: row[1]), created: Revision(row: row[2]))
    return Found(id: row[0], object: object, checksum: body.checksum)
  }

  static func list(kind: String, namespace: String?, limit: Int?, after: ObjectKey?, _ db: Database) throws -> Listing {
    // Without a bound given, the smallest possible one, so that one statement serves every call and always uses the index.
    let start = (after?.namespace ?? namespace ?? "", after?.name ?? "")
    let rows: RowCursor
    // One more than asked for tells whether there is a next page.
    let count = limit.map { max(1, $0) + 1 } ?? -1
    if let namespace {
      rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT namespace, name, revision, created, checksum, body FROM objects
            WHERE kind = ? AND namespace = ? AND name > ? ORDER BY name LIMIT ?
            """), arguments: [kind, namespace, start.1, count])
    } else {
      rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT namespace, name, revision, created, checksum, body FROM objects
            WHERE kind = ? AND (namespace, name) > (?, ?) ORDER BY namespace, name LIMIT ?
            """), arguments: [kind, start.0, start.1, count])
    }
    var objects: [StoredObject] = []
    var next: ObjectKey?
    while let row = try rows.next() {
      if let limit, objects.count == max(1, limit) {
        next = objects.last?.key
        break
      }
      let key = ObjectKey(kind: kind, namespace: row[0], name: row[1])
      let body = try StoredBody(row, checksumAt: 4, of: key)
      objects.append(
        StoredObject(key: key, body: body.bytes, revision: Revision(row: row[2]), created: Revision(row: row[3])))
    }
    return Listing(objects: objects, revision: Revision(try StateTable.read(db).revision), next: next)
  }

  static func insert(_ key: ObjectKey, _ body: StoredBody, revision: UInt64, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO objects (kind, namespace, name, revision, created, checksum, body) VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(
      arguments: [
        key.kind, key.namespace, key.name, Int64(revision), Int64(revision), body.checksum, body.data,
      ])
  }

  static func update(_ id: Int64, _ body: StoredBody, revision: UInt64, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE objects SET revision = ?, checksum = ?, body = ? WHERE id = ?")
      .execute(arguments: [Int64(revision), body.checksum, body.data, id])
  }

  static func delete(_ id: Int64, _ db: Database) throws {
    try db.cachedStatement(sql: "DELETE FROM objects WHERE id = ?").execute(arguments: [id])
  }
}

extension Revision {
  /// A revision as SQLite keeps it. Revisions stay below 2^63: a million writes a second for 290,000 years.
  init(row value: Int64) {
    self.init(UInt64(bitPattern: value))
  }
}
