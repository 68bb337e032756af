/// What must hold for a write to happen.
public enum Precondition: Hashable, Sendable {
  /// Nothing: whatever is there is replaced.
  case any
  /// The object must not exist; otherwise the commit fails with ``StoreError/Code/alreadyExists``.
  case absent
  /// The object must exist; otherwise the commit fails with ``StoreError/Code/notFound``.
  case exists
  /// The object's last change must be this revision; otherwise the commit fails with ``StoreError/Code/conflict``,
  /// or with ``StoreError/Code/notFound`` when the object is gone.
  case revision(Revision)
}

/// One change that a commit makes.
public struct Write: Sendable {
  /// What happens to the object.
  public enum Change: Sendable {
    /// The object gets this body.
    case put([UInt8])
    /// The object goes.
    case delete
  }

  /// The object that is written.
  public let key: ObjectKey
  /// What happens to it.
  public let change: Change
  /// What must hold just before this write, with the earlier writes of the same commit already done.
  public let precondition: Precondition
  /// What a reader would make of the body (see ``StoredObject/reading(_:)``), where the writer has made it; nil where not.
  public let reading: (any Sendable)?

  /// Creates or replaces an object. A body longer than ``StoreLimits/objectBytes`` is refused.
  ///
  /// - Parameter reading: what readers of the object make of this very body, of the type that they ask for: those who watch need not
  ///   make it again.
  public static func put(
    _ key: ObjectKey, _ body: [UInt8], if precondition: Precondition = .any, reading: (any Sendable)? = nil
  ) -> Write {
    Write(key: key, change: .put(body), precondition: precondition, reading: reading)
  }

  /// Deletes an object. With ``Precondition/any`` an object that is not there is no error: nothing happens, no event.
  public static func delete(_ key: ObjectKey, if precondition: Precondition = .any) -> Write {
    Write(key: key, change: .delete, precondition: precondition, reading: nil)
  }
}

/// What a durable commit answers.
public struct Commit: Hashable, Sendable {
  /// The revision of each write, in the order given. They are consecutive; a delete that found nothing has no revision of
  /// its own and repeats the one before it.
  public let revisions: [Revision]
  /// The store's revision right after the commit.
  public let revision: Revision

  /// A commit's answer.
  public init(revisions: [Revision], revision: Revision) {
    self.revisions = revisions
    self.revision = revision
  }
}
