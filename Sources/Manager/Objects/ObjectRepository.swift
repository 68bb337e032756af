import Document
import Fleet
import Store

/// Kubernetes-shaped objects over the store: documents in, documents out, and read-modify-write without lost updates.
///
/// `metadata.resourceVersion` is never stored; it is the store's revision, set on the way out. `metadata.namespace` and
/// `metadata.name` always equal the key's.
struct ObjectRepository: Sendable {
  let store: any Store
  /// Wall clock for creation and condition times.
  let now: @Sendable () -> Timestamp

  init(store: any Store, now: @escaping @Sendable () -> Timestamp = SystemClock.now) {
    self.store = store
    self.now = now
  }

  /// The object, or nil where there is none.
  func get(_ key: ObjectKey) async throws -> Value? {
    guard let stored = try await store.get(key) else { return nil }
    return try Self.document(of: stored)
  }

  /// Every object of a kind, sorted by key, and the revision they were read at.
  func list(kind: String, namespace: String? = nil) async throws -> [Value] {
    try await store.list(kind: kind, namespace: namespace).objects.map(Self.document)
  }

  /// Writes a new object with a fresh UID; throws `alreadyExists` where the key is taken.
  @discardableResult
  func create(_ object: Value, kind: String) async throws -> Value {
    let object = stamped(object)
    let key = Self.key(of: object, kind: kind)
    let commit = try await store.commit([.put(key, Self.body(of: object), if: .absent)])
    return Self.document(object, revision: commit.revisions.first)
  }

  /// Writes the object only where its key is free, and says whether it did.
  func createIfAbsent(_ object: Value, kind: String) async throws -> Bool {
    do {
      try await create(object, kind: kind)
      return true
    } catch let error as StoreError where error.code == .alreadyExists {
      return false
    }
  }

  /// Applies `change` to the newest version, again when another writer came first; writes nothing when nothing changed.
  ///
  /// An object that is being deleted and loses its last finalizer is removed. Returns the object as it then is, nil where
  /// it is not (or no longer) there.
  @discardableResult
  func mutate(_ key: ObjectKey, _ change: @Sendable (inout Value) throws -> Void) async throws -> Value? {
    for _ in 0..<Limits.conflictRetries {
      guard let stored = try await store.get(key) else { return nil }
      let before = try Self.document(of: stored)
      var after = before
      try change(&after)
      if after == before { return before }
      do {
        if Self.isReleased(after) {
          _ = try await store.commit([.delete(key, if: .revision(stored.revision))])
          return nil
        }
        let commit = try await store.commit([.put(key, Self.body(of: after), if: .revision(stored.revision))])
        return Self.document(after, revision: commit.revisions.first)
      } catch let error as StoreError where error.code == .conflict || error.code == .notFound {
        continue
      }
    }
    throw ManagerError(
      .conflict, "\(key.kind) \(key.namespace)/\(key.name) kept changing while it was being updated; it is tried again")
  }

  /// Starts the deletion of an object as a `kubectl delete` would: gone at once, or marked when it has finalizers.
  func delete(_ key: ObjectKey) async throws {
    for _ in 0..<Limits.conflictRetries {
      guard let stored = try await store.get(key) else { return }
      var object = try Self.document(of: stored)
      do {
        if object.at("metadata", "finalizers")?.array?.isEmpty ?? true {
          _ = try await store.commit([.delete(key, if: .revision(stored.revision))])
        } else {
          if object.at("metadata", "deletionTimestamp") != nil { return }
          object.set(.string(now().description), at: "metadata", "deletionTimestamp")
          _ = try await store.commit([.put(key, Self.body(of: object), if: .revision(stored.revision))])
        }
        return
      } catch let error as StoreError where error.code == .conflict || error.code == .notFound {
        continue
      }
    }
    throw ManagerError(.conflict, "\(key.kind) \(key.namespace)/\(key.name) kept changing while it was being deleted")
  }

  /// A new object with what every stored one has: UID, time of creation, generation.
  func stamped(_ object: Value) -> Value {
    var object = object
    if object.at("metadata", "uid") == nil {
      object.set(.string(UUIDText.make()), at: "metadata", "uid")
    }
    if object.at("metadata", "creationTimestamp") == nil {
      object.set(.string(now().description), at: "metadata", "creationTimestamp")
    }
    if object.at("metadata", "generation") == nil { object.set(.integer(1), at: "metadata", "generation") }
    return object
  }

  private static func isReleased(_ object: Value) -> Bool {
    object.at("metadata", "deletionTimestamp") != nil && (object.at("metadata", "finalizers")?.array?.isEmpty ?? true)
  }

  /// The key an object is stored under.
  static func key(of object: Value, kind: String) -> ObjectKey {
    ObjectKey(
      kind: kind, namespace: object.at("metadata", "namespace")?.string ?? "",
      name: object.at("metadata", "name")?.string ?? "")
  }

  /// The bytes stored for an object: canonical JSON without its resourceVersion.
  static func body(of object: Value) -> [UInt8] {
    var object = object
    object.set(nil, at: "metadata", "resourceVersion")
    return JSON.encode(object)
  }

  /// A stored object as a document with its resourceVersion.
  static func document(of stored: StoredObject) throws -> Value {
    document(
      try JSON.parse(stored.body, file: "\(stored.key.kind) \(stored.key.namespace)/\(stored.key.name)"),
      revision: stored.revision)
  }

  private static func document(_ object: Value, revision: Revision?) -> Value {
    guard let revision else { return object }
    var object = object
    object.set(.string(String(revision.value)), at: "metadata", "resourceVersion")
    return object
  }
}
