import Document

/// Where the objects of one kind are kept. One storage serves one kind.
///
/// Objects go in and come out whole, with `apiVersion`, `kind` and `metadata`. The storage owns
/// `metadata.resourceVersion` alone: it sets it on everything it returns, to a value that grows with every write of any
/// kind in the same store; clients compare it for equality, and this server as unsigned integers where it must.
///
/// `namespace` is nil for cluster-scoped kinds, and in `list` and `watch` also for all namespaces.
public protocol ResourceStorage: Sendable {
  /// The object, or nil.
  func get(namespace: String?, name: String) async throws -> Value?

  /// Objects sorted by namespace and name. With `limit`, at most so many and a token with which the next page continues
  /// the same snapshot, or fails with `KubeError` `expired`.
  func list(namespace: String?, limit: Int?, continue token: String?) async throws -> ResourceList

  /// Stores a new object; `KubeError` `alreadyExists` if the name is taken. Durable on return.
  func create(_ object: Value) async throws -> Value

  /// Replaces an object; `metadata.resourceVersion` inside is the precondition (`conflict` if it is not current, no
  /// precondition if absent); `notFound` if it is not there. Durable on return.
  func update(_ object: Value) async throws -> Value

  /// Removes an object and returns its last state with the revision of the deletion. `resourceVersion`, if given, is a
  /// precondition. Durable on return.
  func delete(namespace: String?, name: String, resourceVersion: String?) async throws -> Value

  /// Every change after `resourceVersion` (nil: after now), in order and without gaps, until cancelled. Throws, at once
  /// or later from the stream, `KubeError` `expired` where the changes are no longer kept.
  ///
  /// Make it with `AsyncThrowingStream(unfolding:)`: a watch pulls, so that a slow client holds no memory.
  func watch(namespace: String?, resourceVersion: String?) async throws -> AsyncThrowingStream<ResourceEvent, any Error>
}

/// A page of objects.
public struct ResourceList: Sendable {
  /// Sorted by namespace and name.
  public var items: [Value]
  /// The revision of the snapshot; a watch from here misses nothing.
  public var resourceVersion: String
  /// Token of the next page; nil if this is the last.
  public var `continue`: String?
  /// Objects after this page, where known cheaply.
  public var remainingItemCount: Int?

  /// Makes a page.
  public init(
    items: [Value], resourceVersion: String, continue token: String? = nil, remainingItemCount: Int? = nil
  ) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continue = token
    self.remainingItemCount = remainingItemCount
  }
}

/// One change. Objects carry the `resourceVersion` of the change, except `old`, which carries its own.
public enum ResourceEvent: Sendable {
  /// The object is new.
  case added(Value)
  /// The object changed from `old` to `new`.
  case modified(old: Value, new: Value)
  /// The object is gone; this was its last state, with the revision of the deletion.
  case deleted(Value)
  /// Nothing changed up to this revision.
  case bookmark(resourceVersion: String)
}
