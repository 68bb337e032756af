import Document
import Synchronization

/// The objects of one kind in an ``InMemoryStore``.
public struct InMemoryResourceStorage: ResourceStorage {
  private let kind: ResourceKind
  private let store: InMemoryStore
  private var table: String { kind.groupResource }

  init(kind: ResourceKind, store: InMemoryStore) {
    self.kind = kind
    self.store = store
  }

  private func key(_ object: Value) -> InMemoryStore.Key {
    InMemoryStore.Key(
      namespace: object.at("metadata", "namespace")?.string ?? "", name: object.at("metadata", "name")?.string ?? "")
  }

  /// See ``ResourceStorage``.
  public func get(namespace: String?, name: String) async throws -> Value? {
    store.get(table, InMemoryStore.Key(namespace: namespace ?? "", name: name))
  }

  /// See ``ResourceStorage``. Pages of one list see one snapshot.
  public func list(namespace: String?, limit: Int?, continue token: String?) async throws -> ResourceList {
    let position = try token.map(PageToken.init(decoding:))
    guard let (objects, revision) = store.snapshot(table, at: position?.revision) else {
      throw KubeError.expired(
        "The provided continue parameter is too old to display a consistent list result. You must start a new list "
          + "without the continue parameter.")
    }
    var keys = objects.keys.filter { namespace == nil || $0.namespace == namespace }.sorted()
    if let position { keys.removeAll { $0 <= position.key } }
    let page = limit.map { keys.prefix($0) } ?? keys[...]
    let remaining = keys.count - page.count
    var next: String?
    if remaining > 0, let last = page.last { next = PageToken(revision: revision, key: last).encoded }
    return ResourceList(
      items: page.compactMap { objects[$0] }, resourceVersion: String(revision), continue: next,
      remainingItemCount: remaining > 0 ? remaining : nil)
  }

  /// See ``ResourceStorage``.
  public func create(_ object: Value) async throws -> Value {
    try store.commit(table, key(object)) { (old) throws(KubeError) in
      guard old == nil else { throw KubeError.alreadyExists(kind, name: key(object).name) }
      return object
    }
  }

  /// See ``ResourceStorage``.
  public func update(_ object: Value) async throws -> Value {
    try store.commit(table, key(object)) { (old) throws(KubeError) in
      guard let old else { throw KubeError.notFound(kind, name: key(object).name) }
      try check(object.at("metadata", "resourceVersion")?.string, old)
      return object
    }
  }

  /// See ``ResourceStorage``.
  public func delete(namespace: String?, name: String, resourceVersion: String?) async throws -> Value {
    try store.commit(table, InMemoryStore.Key(namespace: namespace ?? "", name: name)) { (old) throws(KubeError) in
      guard let old else { throw KubeError.notFound(kind, name: name) }
      try check(resourceVersion, old)
      return nil
    }
  }

  private func check(_ wanted: String?, _ old: Value) throws(KubeError) {
    guard let wanted, !wanted.isEmpty else { return }
    guard wanted == old.at("metadata", "resourceVersion")?.string else {
      throw KubeError.conflict(kind, name: key(old).name)
    }
  }

  /// See ``ResourceStorage``.
  public func watch(
    namespace: String?, resourceVersion: String?
  ) async throws -> AsyncThrowingStream<ResourceEvent, any Error> {
    let start: UInt64
    if let resourceVersion {
      guard let number = UInt64(resourceVersion) else {
        throw KubeError.badRequest("resourceVersion=\(resourceVersion) is not one of this store's")
      }
      start = number
    } else {
      start = store.revision
    }
    if case .forgotten = store.next(table, namespace: namespace, after: start) { throw expired(start) }
    let cursor = Cursor(start)
    return AsyncThrowingStream { [self] in try await next(after: cursor, namespace: namespace) }
  }

  /// The next event after the cursor, which it moves on; nil when cancelled.
  private func next(after cursor: Cursor, namespace: String?) async throws -> ResourceEvent? {
    while !Task.isCancelled {
      let position = cursor.position
      switch store.next(table, namespace: namespace, after: position) {
      case .change(let change):
        cursor.position = change.revision
        return Self.event(change)
      case .forgotten: throw expired(position)
      case .nothing(let revision):
        if revision > position {
          cursor.position = revision
          return .bookmark(resourceVersion: String(revision))
        }
        await store.waitForChange(after: position)
      }
    }
    return nil
  }

  private func expired(_ revision: UInt64) -> KubeError {
    KubeError.expired("too old resource version: \(revision) (\(store.revision))")
  }

  private static func event(_ change: InMemoryStore.Change) -> ResourceEvent {
    switch (change.old, change.new) {
    case (_, nil): .deleted(change.removed ?? .null)
    case (nil, .some(let new)): .added(new)
    case (.some(let old), .some(let new)): .modified(old: old, new: new)
    }
  }
}

/// The revision up to which one watch has read.
private final class Cursor: Sendable {
  private let state: Mutex<UInt64>

  init(_ position: UInt64) { state = Mutex(position) }

  var position: UInt64 {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// Where the next page begins, and of which snapshot.
private struct PageToken {
  let revision: UInt64
  let key: InMemoryStore.Key

  init(revision: UInt64, key: InMemoryStore.Key) {
    self.revision = revision
    self.key = key
  }

  init(decoding text: String) throws(KubeError) {
    guard let bytes = Base64.decode(text), let value = try? JSON.parse(bytes),
      let revision = value["rv"]?.string.flatMap(UInt64.init), let namespace = value["ns"]?.string,
      let name = value["name"]?.string
    else { throw KubeError.badRequest("continue key is not valid; use one that this server gave") }
    self.init(revision: revision, key: InMemoryStore.Key(namespace: namespace, name: name))
  }

  var encoded: String {
    Base64.encode(
      JSON.encode(["rv": .string(String(revision)), "ns": .string(key.namespace), "name": .string(key.name)]))
  }
}
