import GRDB

/// One transaction that several commits share. Lives on the writer's queue only.
final class GroupTransaction {
  let db: Database
  /// The revision of the last write done so far.
  private(set) var revision: UInt64
  /// The events of the writes done so far.
  private(set) var events: [StoreEvent] = []

  init(_ db: Database, revision: UInt64) {
    self.db = db
    self.revision = revision
  }

  /// Does one caller's part. When it throws a ``StoreError``, its part alone is undone; any other error is the
  /// database's, and fails the whole group.
  ///
  /// - Parameter needsSavepoint: false for a part that throws before it changes anything, so that there is nothing to undo.
  func part<T>(needsSavepoint: Bool, _ body: (GroupTransaction) throws -> T) throws -> Result<T, StoreError> {
    guard needsSavepoint else {
      do {
        return .success(try body(self))
      } catch let error as StoreError {
        return .failure(error)
      }
    }
    let mark = (revision, events.count)
    var outcome: Result<T, StoreError>?
    try db.inSavepoint {
      do {
        outcome = .success(try body(self))
        return .commit
      } catch let error as StoreError {
        outcome = .failure(error)
        return .rollback
      }
    }
    if case .failure = outcome {
      revision = mark.0
      events.removeLast(events.count - mark.1)
    }
    guard let outcome else { throw StoreError(.unavailable, "the database left a savepoint without an outcome") }
    return outcome
  }

  func commit(_ writes: [Write]) throws -> Commit {
    var revisions: [Revision] = []
    revisions.reserveCapacity(writes.count)
    for write in writes {
      try apply(write)
      revisions.append(Revision(revision))
    }
    return Commit(revisions: revisions, revision: Revision(revision))
  }

  private func apply(_ write: Write) throws {
    let key = write.key
    let found = try ObjectTable.find(key, db)
    try check(write.precondition, found?.object, key)
    let created: Revision
    var object: StoredObject?
    switch write.change {
    case .put(let bytes):
      revision += 1
      created = found?.object.created ?? Revision(revision)
      let body = StoredBody(bytes, of: key)
      if let found {
        try ObjectTable.update(found.id, body, revision: revision, db)
      } else {
        try ObjectTable.insert(key, body, revision: revision, db)
      }
      object = StoredObject(
        key: key, body: bytes, revision: Revision(revision), created: created, read: write.reading)
    case .delete:
      guard let found else { return }
      revision += 1
      created = found.object.created
      try ObjectTable.delete(found.id, db)
    }
    try HistoryTable.add(
      revision: revision, key: key, created: created.value, deleted: object == nil, previous: found, db)
    events.append(StoreEvent(revision: Revision(revision), key: key, object: object, previous: found?.object))
  }

  private func check(_ precondition: Precondition, _ found: StoredObject?, _ key: ObjectKey) throws(StoreError) {
    switch (precondition, found) {
    case (.any, _), (.absent, nil), (.exists, .some): return
    case (.absent, .some):
      throw StoreError(.alreadyExists, "\(key) exists already", key: key)
    case (.exists, nil), (.revision, nil):
      throw StoreError(.notFound, "\(key) does not exist", key: key)
    case (.revision(let expected), .some(let found)):
      guard found.revision != expected else { return }
      throw StoreError(
        .conflict,
        "\(key) has changed: it is at revision \(found.revision), the write is for revision \(expected); "
          + "read it again and retry", key: key)
    }
  }
}
