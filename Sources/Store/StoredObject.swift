import Synchronization

/// One object as the store keeps it. The body is bytes: what they mean is the caller's.
///
/// Copies share their parts: an event goes to every watcher, and each hands its object on more than once.
public struct StoredObject: Hashable, Sendable {
  @usableFromInline
  final class Parts: Sendable {
    @usableFromInline let key: ObjectKey
    @usableFromInline let body: [UInt8]
    @usableFromInline let revision: Revision
    @usableFromInline let created: Revision
    /// What a reader has made of the body; nil where nobody else sees the same object.
    let reading: SharedReading?

    init(key: ObjectKey, body: [UInt8], revision: Revision, created: Revision, reading: SharedReading?) {
      self.key = key
      self.body = body
      self.revision = revision
      self.created = created
      self.reading = reading
    }
  }

  @usableFromInline let parts: Parts

  /// What names the object.
  @inlinable public var key: ObjectKey { parts.key }
  /// The bytes that were written last.
  @inlinable public var body: [UInt8] { parts.body }
  /// The write that made this body: the object's last change.
  @inlinable public var revision: Revision { parts.revision }
  /// The write that created the object. An object deleted and made again has a new one.
  @inlinable public var created: Revision { parts.created }

  /// An object with all its parts.
  public init(key: ObjectKey, body: [UInt8], revision: Revision, created: Revision) {
    parts = Parts(key: key, body: body, revision: revision, created: created, reading: nil)
  }

  /// An object for many readers, who share what the first of them makes of its body, or its writer has.
  init(key: ObjectKey, body: [UInt8], revision: Revision, created: Revision, read: (any Sendable)?) {
    parts = Parts(key: key, body: body, revision: revision, created: created, reading: SharedReading(read))
  }

  /// What `read` makes of the object. In an event of a watch it is made once for all watchers that want the same type, and
  /// kept for as long as anybody keeps the event's object: who keeps an object for long should keep the body alone.
  ///
  /// - Parameter read: gives the same for the same object, whoever asks.
  public func reading<T: Sendable>(_ read: (StoredObject) throws -> T) rethrows -> T {
    guard let reading = parts.reading else { return try read(self) }
    if let known = reading.value.withLock({ $0 }) as? T { return known }
    let made = try read(self)
    reading.value.withLock { $0 = made }
    return made
  }

  /// Whether two objects are the same as of the same revision.
  public static func == (a: StoredObject, b: StoredObject) -> Bool {
    a.parts === b.parts
      || a.key == b.key && a.body == b.body && a.revision == b.revision && a.created == b.created
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(body)
    hasher.combine(revision)
    hasher.combine(created)
  }
}

/// What was made of one object's body.
final class SharedReading: Sendable {
  let value: Mutex<(any Sendable)?>

  init(_ made: (any Sendable)?) { value = Mutex(made) }
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

/// One change of one object. Copies share their parts.
public struct StoreEvent: Hashable, Sendable {
  @usableFromInline
  final class Parts: Sendable {
    @usableFromInline let revision: Revision
    @usableFromInline let key: ObjectKey
    @usableFromInline let object: StoredObject?
    @usableFromInline let previous: StoredObject?

    init(revision: Revision, key: ObjectKey, object: StoredObject?, previous: StoredObject?) {
      self.revision = revision
      self.key = key
      self.object = object
      self.previous = previous
    }
  }

  @usableFromInline let parts: Parts

  /// The write that made the change. Events come in the order of their revisions.
  @inlinable public var revision: Revision { parts.revision }
  /// The object that changed.
  @inlinable public var key: ObjectKey { parts.key }
  /// The object after the change; nil when it was deleted.
  @inlinable public var object: StoredObject? { parts.object }
  /// The object before the change; nil when it was created.
  @inlinable public var previous: StoredObject? { parts.previous }

  /// An event with all its parts.
  public init(revision: Revision, key: ObjectKey, object: StoredObject?, previous: StoredObject?) {
    parts = Parts(revision: revision, key: key, object: object, previous: previous)
  }

  /// Whether two events are the same change.
  public static func == (a: StoreEvent, b: StoreEvent) -> Bool {
    a.parts === b.parts
      || a.revision == b.revision && a.key == b.key && a.object == b.object && a.previous == b.previous
  }

  /// Hashes what names the change.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(revision)
    hasher.combine(key)
  }
}
