import GRDB

/// The database's tables and their version.
///
/// The history is an undo log: a change's row holds the object as it was *before*. The object after it is what the next
/// change of the same object found, or what `objects` holds now. So each body is stored once, and removing old
/// rows never takes away what a kept event needs.
enum Schema {
  /// The version that this program writes. Raise it with every change of the tables, and add the step in ``migrate(_:)``.
  static let version = 1
  /// "FLOT": marks the file as a store of ours.
  static let applicationID = 0x464c_4f54

  /// Makes the tables in a new database; refuses one that this program does not know.
  static func prepare(_ db: Database, file: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
    if isEmpty, found == 0 { return try create(db) }
    guard application == applicationID else {
      throw StoreError(.unsupportedSchema, "\(file) is a SQLite database of another program; choose another directory")
    }
    guard found <= version else {
      throw StoreError(
        .unsupportedSchema,
        "\(file) has schema version \(found), this program knows versions up to \(version); start a newer flotilla, "
          + "or restore a backup from before the upgrade")
    }
    try migrate(db, from: found)
  }

  private static func create(_ db: Database) throws {
    try db.inTransaction(.immediate) {
      try db.execute(
        sql: """
          PRAGMA application_id = \(applicationID);
          CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, horizon INTEGER NOT NULL);
          INSERT INTO state VALUES (1, 0, 0);
          CREATE TABLE objects (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            revision INTEGER NOT NULL, created INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL);
          CREATE UNIQUE INDEX objects_by_key ON objects (kind, namespace, name);
          CREATE TABLE history (
            revision INTEGER PRIMARY KEY, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            deleted INTEGER NOT NULL, created INTEGER NOT NULL,
            previous_revision INTEGER, previous_checksum INTEGER, previous_body BLOB);
          CREATE INDEX history_by_key ON history (kind, namespace, name, revision);
          CREATE TABLE leases (
            name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL,
            session TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
          PRAGMA user_version = \(version);
          """)
      return .commit
    }
  }

  /// Brings an older version's tables up to date. Version 1 is the first.
  private static func migrate(_ db: Database, from found: Int) throws {
    guard found == version else {
      throw StoreError(.unsupportedSchema, "the store has schema version \(found), which no program ever wrote")
    }
  }
}
