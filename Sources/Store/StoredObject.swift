/// One object as the store keeps it. The body is bytes: what they mean is the caller's.
public struct StoredObject: Hashable, Sendable {
  /// What names the object.
  public let key: ObjectKey
  /// The bytes that were written last.
  public let body: [UInt8]
  /// The write that made this body: the object's last change.
  public let revision: Revision
  /// The write that created the object. An object deleted and made again has a new one.
  public let created: Revision

  /// An object with all its parts.
  public init(key: ObjectKey, body: [UInt8], revision: Revision, created: Revision) {
    self.key = key
    self.body = body
    self.revision = revision
    self.created = created
  }
}

/// One page of objects, all seen at the same instant.
public struct Listing: Sendable {
  /// The objects, sorted by key.
  public let objects: [StoredObject]
  /// The store's revision when the page was read: a watch after it continues exactly where the page ends.
  public let revision: Revision
  /// Where the next page begins (give it as `after`); nil when this page is the last.
  public let next: ObjectKey?

  /// A page with all its parts.
  public init(objects: [StoredObject], revision: Revision, next: ObjectKey?) {
    self.objects = objects
    self.revision = revision
    self.next = next
  }
}

/// One change of one object.
public struct StoreEvent: Hashable, Sendable {
  /// The write that made the change. Events come in the order of their revisions.
  public let revision: Revision
  /// The object that changed.
  public let key: ObjectKey
  /// The object after the change; nil when it was deleted.
  public let object: StoredObject?
  /// The object before the change; nil when it was created.
  public let previous: StoredObject?

  /// An event with all its parts.
  public init(revision: Revision, key: ObjectKey, object: StoredObject?, previous: StoredObject?) {
    self.revision = revision
    self.key = key
    self.object = object
    self.previous = previous
  }
}
